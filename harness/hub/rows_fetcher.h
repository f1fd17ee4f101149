#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "harness/hub/hub.h"
#include "harness/hub/wanted_split.h"

namespace e2lm {

// Why the rows interface does not give a split, where the data set's own files may.
class NoRows : public Error {
 public:
  using Error::Error;
  explicit NoRows(const Error& why) : Error("", why.what()) {}
};

// Brings splits as JSON lines through the hub's rows interface (datasets-server), a hundred rows a
// request:
//
//   /splits?dataset=D   {"splits": [{"dataset", "config", "split"}], "pending": [], "failed": []}
//   /rows?dataset=D&config=C&split=S&offset=N&length=100
//     {"features": [..], "rows": [{"row_idx", "row": {..}, "truncated_cells": []}],
//      "num_rows_total", "num_rows_per_page", "partial"}, and the commit as X-Revision
//
// Refusals are {"error": ".."} with a word in X-Error-Code. What came lies in
// .SPLIT.REVISION.incomplete beside the file and is gone on with, unless the data set has another
// revision by now; the file gets its name when every row is there.
class RowsFetcher {
 public:
  RowsFetcher(const Hub& hub, bool quiet) : hub_(hub), quiet_(quiet) {}

  // Nothing if the split is here by now. Throws NoRows: a data set that the server does not know or
  // show, a list of splits that is not complete, rows that it cuts, a part of the data set only, a
  // failing server. Throws Error: no such configuration or split, a full disk.
  std::optional<FetchedSplit> fetch(const WantedSplit& wanted);

  // Whether the server could not be reached a short while ago: it is not tried again then.
  bool unreachable() const { return unreachable_ && Clock::now() < unreachable_until_; }

 private:
  using Clock = std::chrono::steady_clock;

  struct Page {
    std::string lines;
    int64_t rows = 0;
    int64_t total = 0;
    std::string revision;
  };
  std::string config_of(const WantedSplit& wanted);
  Page page(const WantedSplit& wanted, const std::string& config, int64_t offset);
  HttpResponse ask(const std::string& url, const WantedSplit& wanted);
  Json ask_json(const std::string& url, const WantedSplit& wanted, std::string* revision);

  const Hub& hub_;
  bool quiet_;
  std::optional<NoRows> unreachable_;
  Clock::time_point unreachable_until_;
};

}  // namespace e2lm
