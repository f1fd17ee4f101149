#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "harness/hub/dataset_fetcher.h"
#include "harness/hub/rows_fetcher.h"

namespace e2lm {

// Which way task data come: through the rows interface, as the data set's own files, or through the
// rows interface where it can and the task does not say which files it means.
enum class DataFrom { automatic, rows, files };

// auto, rows or files; nothing for other words.
std::optional<DataFrom> parse_data_from(std::string_view word);

// Brings splits to where tasks look for them, one way or the other.
class TaskDataFetcher {
 public:
  // `note` is told when the own files are taken in place of rows, and why.
  TaskDataFetcher(Fetcher& fetcher, DataFrom from, bool quiet,
                  std::function<void(const std::string& line)> note)
      : rows_(fetcher.hub(), quiet), files_(fetcher), from_(from), note_(std::move(note)) {}

  // Nothing if the split is here by now. Throws Error: neither way gives it; HubUnreachable: no
  // other split can be had either.
  std::optional<FetchedSplit> fetch(const WantedSplit& wanted);

 private:
  std::optional<FetchedSplit> fetch_either(const WantedSplit& wanted);

  RowsFetcher rows_;
  DatasetFetcher files_;
  DataFrom from_;
  std::function<void(const std::string& line)> note_;
};

}  // namespace e2lm
