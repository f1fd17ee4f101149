#include "harness/import/score_columns.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"

namespace e2lm {
namespace {

// What a column may be called, the name we give it first.
const std::vector<std::pair<const char*, std::vector<const char*>>> kColumns = {
    {"series", {"series", "model", "modelname", "run", "runname", "experiment", "name"}},
    {"step",
     {"step", "steps", "iteration", "iterations", "iter", "checkpoint", "globalstep",
      "trainingstep"}},
    {"tokens", {"tokens", "tokensseen", "trainingtokens", "numtokens", "consumedtokens"}},
    {"gtokens", {"gtokens", "btokens", "tokensb", "billiontokens"}},
    {"task", {"task", "taskname", "benchmark", "dataset", "eval"}},
    {"metric", {"metric", "metricname", "measure"}},
    {"value", {"value", "score", "result"}},
    {"standard_error", {"standarderror", "stderr", "stderror", "se", "error"}},
    {"samples", {"samples", "nsamples", "numsamples", "n", "items", "documents"}},
    {"higher_is_better", {"higherisbetter"}},
    {"chance", {"chance", "chancelevel", "baseline", "random"}},
    {"group", {"group"}},
    {"mix", {"mix"}},
    {"control_for", {"controlfor"}},
};

}  // namespace

std::string known_column(std::string_view header) {
  std::string key = ascii_lower(trim(header));
  std::erase_if(key, [](char c) { return c == '_' || c == '-' || c == ' '; });
  for (const auto& [name, spellings] : kColumns) {
    if (std::find(spellings.begin(), spellings.end(), key) != spellings.end()) return name;
  }
  return "";
}

}  // namespace e2lm
