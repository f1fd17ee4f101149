#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "reports/table.h"

namespace e2lm::submission {

// Verdicts of many submissions beside each other: the valid ones by total, best first, then by name
// (a valid one without scores stands after those with); and the others, with the reasons.
class Leaderboard {
 public:
  // REQUIRES: objects as read_verdict() gives them.
  explicit Leaderboard(std::vector<Json> verdicts);

  Table ranked() const;  // place, submission, task, metric, total, its parts, samples
  Table others() const;  // submission, status, reasons
  Json json() const;     // {"ranked": [..], "others": [..]}
  Table whole() const;   // both in one, for CSV

  std::string text() const;
  std::string markdown() const;

 private:
  std::vector<Json> ranked_, others_;
};

}  // namespace e2lm::submission
