#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "reports/table.h"

namespace e2lm::submission {

// A verdict that asks for a place.
struct Candidate {
  Json verdict;                           // as read_verdict() gives it
  std::vector<std::string> reasons = {};  // why it gets none, besides those that the verdict holds
};

// Reads a verdict file, or that of a run folder. A folder without one (its run was stopped, say) is
// a candidate without a place. Throws Error as read_verdict() does.
Candidate read_candidate(const Path& path);

// Verdicts of many submissions beside each other: the valid ones by total, best first, then by name
// (a valid one without scores stands after those with); and the others, with the reasons. Equal
// totals share a place. Totals compare only if they were found alike: if series, settings or rules
// differ, those are ranked that most have, and of as many those of the first. A submission has one
// place, however often it is given.
class Leaderboard {
 public:
  explicit Leaderboard(std::vector<Candidate> candidates);

  Table ranked() const;  // place, submission, task, metric, total, its parts, samples
  Table others() const;  // submission, status, reasons
  Json json() const;     // {"ranked": [..], "others": [..]}
  Table whole() const;   // both in one, for CSV

  std::string text() const;
  std::string markdown() const;

 private:
  std::vector<Candidate> ranked_, others_;
};

}  // namespace e2lm::submission
