#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace e2lm::submission {

// Something found in a submission. Codes are stable: archive, patch, metadata, upstream, python,
// path, task, metric, data, samples, leakage, duplicates, few_shot, overlap, domain, sweep.
struct Fault {
  std::string code;
  std::string text;  // a sentence that says where
};

// What a check or a scoring came to. docs/submission.md lists the keys of its JSON form.
struct Verdict {
  enum class Status { valid, invalid, undecided };

  std::string name;    // of the file or folder, without .zip
  std::string sha256;  // of the files' paths and contents, metadata.yaml left out
  std::string form;    // patch, or folder
  std::string task, metric, filter;
  std::string native_metric;     // what stands for a metric in Python; else as `metric`
  std::vector<Fault> faults;     // each makes it invalid
  std::vector<Fault> open;       // what could not be found out: without faults, undecided
  std::vector<Fault> warnings;   // for people to look at
  Json patch;                    // what it touches; null in a folder
  Json checks = Json::object();  // by code: what was counted
  Json scores;                   // null unless scored

  Status status() const;
  std::string_view status_name() const;
  void fault(std::string_view code, std::string_view text);
  void leave_open(std::string_view code, std::string_view text);
  void warn(std::string_view code, std::string_view text);
  // Runs a step; an Error of it is the submission's fault. Returns whether there was none.
  bool attempt(std::string_view code, const std::function<void()>& step);
};

inline constexpr int kVerdictVersion = 1;

Json verdict_json(const Verdict& verdict);

// The summary that a terminal shows.
std::string verdict_text(const Json& verdict);

// A text of one of a verdict's objects; empty if it is not there.
std::string text_at(const Json& verdict, const char* object, const char* key);

// Whether two verdicts are of one submission: the same files, and the same task, metric and filter
// as far as both name them (without metadata a check that fails early names none).
bool same_submission(const Json& a, const Json& b);

// Reads a verdict file. Throws Error naming the file if it is none, or of a newer version.
Json read_verdict(const Path& path);

}  // namespace e2lm::submission
