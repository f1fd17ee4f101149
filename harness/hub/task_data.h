#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/hub/hub.h"
#include "tasks/task.h"

namespace e2lm {

// A split of a data set of the hub, and the file that tasks look for.
struct WantedSplit {
  std::string dataset;  // "allenai/ai2_arc"
  std::string config;   // empty: the data set's only one, or the one named default
  std::string split;
  Path file;  // <data folder>/<dataset>[/<config>]/<split>.jsonl

  std::string name() const;
};

// The splits that tasks ask documents and examples from and that are not here, each once.
std::vector<WantedSplit> missing_splits(const std::vector<Task>& tasks);

// Brings splits as JSON lines through the hub's rows interface (/splits, /rows), a hundred rows a
// request. What came lies in .SPLIT.REVISION.incomplete beside the file and is gone on with, unless
// the data set has another revision by now; the file gets its name when every row is there.
class RowsFetcher {
 public:
  RowsFetcher(const Hub& hub, bool quiet) : hub_(hub), quiet_(quiet) {}

  // Returns the number of rows. Throws Error: no such data set, configuration or split, rows that
  // the server cuts, a list that ends early.
  int64_t fetch(const WantedSplit& wanted) const;

 private:
  struct Page {
    std::string lines;
    int64_t rows = 0;
    int64_t total = 0;
    std::string revision;
  };
  std::string config_of(const WantedSplit& wanted) const;
  Page page(const WantedSplit& wanted, const std::string& config, int64_t offset) const;
  HttpResponse ask(const std::string& url, const WantedSplit& wanted) const;

  const Hub& hub_;
  bool quiet_;
};

}  // namespace e2lm
