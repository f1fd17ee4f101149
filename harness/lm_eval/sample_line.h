#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "harness/lm_eval/sample_reader.h"

namespace e2lm::lm_eval {

// One line of a samples file as it stands there, before anything is concluded from it.
struct SampleLine {
  struct Argument {
    std::string context;       // of a rolling request its text
    std::string continuation;  // empty if `alone`
    bool alone = false;        // there is no continuation: a rolling request
  };
  struct Response {
    double nats = 0;
    bool greedy = false;
  };

  std::string where;  // file:line
  int64_t doc_id = 0;
  std::string doc_hash;
  std::string filter;
  Json target;
  std::vector<Argument> arguments;
  std::vector<Response> responses;  // one for each argument
  std::map<std::string, double> recorded;
  std::optional<Json> item;  // what our own files say besides, see samples.cc
};

// Throws Error naming the key that is absent, or has another type.
SampleLine read_sample_line(const Json& row, const std::string& where);

// How often multiple-choice lines record another `acc` or `acc_norm` than choices of these texts
// [lines][choices] have, or no choice is the right one.
int64_t disagreements_of(const std::vector<SampleLine>& lines,
                         const std::vector<std::vector<std::string>>& choices);

// The right choices of multiple-choice lines, by their texts [lines][choices]; see sample_reader.h.
// `several_inputs`: the choices stand in the contexts. Throws Error naming the line.
std::vector<std::vector<int32_t>> golds_of(const std::vector<SampleLine>& lines,
                                           const std::vector<std::vector<std::string>>& choices,
                                           bool several_inputs);

}  // namespace e2lm::lm_eval
