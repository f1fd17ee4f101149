#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace e2lm::submission {

// A text that may not be shown: of it there is nothing to read but whether there is one.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  bool empty() const { return text_.empty(); }

  // `text` without the secret, and without what looks like a token of the hub (hf_ and ten or more
  // letters and digits).
  std::string redact(std::string text) const;
  // `text` without the secret itself, unless it is a plain word.
  std::string remove_from(std::string text) const;

 private:
  std::string text_;
};

// metadata.yaml of a submission:
//
//   task_name: NAME          # of a task or group
//   task_metric: acc,none    # a metric, maybe with the filter behind a comma
//   hf_token: ..             # for private data sets; never shown, logged or stored
struct Metadata {
  std::string task;
  std::string metric;  // empty in a folder of ours: the task's first one
  std::string filter = "none";
  Secret token;
  std::vector<std::string> unknown_keys;
};

// Throws Error that lists what is missing or wrong; no message holds the token.
Metadata read_metadata(std::string_view text, std::string_view where);

}  // namespace e2lm::submission
