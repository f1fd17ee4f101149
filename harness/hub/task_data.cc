#include "harness/hub/task_data.h"

#include <fmt/format.h>

#include "base/error.h"

namespace e2lm {

std::optional<DataFrom> parse_data_from(std::string_view word) {
  if (word == "auto") return DataFrom::automatic;
  if (word == "rows") return DataFrom::rows;
  if (word == "files") return DataFrom::files;
  return {};
}

std::optional<FetchedSplit> TaskDataFetcher::fetch(const WantedSplit& wanted) {
  if (from_ == DataFrom::files) return files_.fetch(wanted);
  if (wanted.names_files()) {
    if (from_ == DataFrom::automatic) return files_.fetch(wanted);
    throw Error(wanted.name(), "the task says which files it means, which the rows server ignores",
                "--data-from files");
  }
  if (from_ == DataFrom::automatic) return fetch_either(wanted);
  try {
    return rows_.fetch(wanted);
  } catch (const NoRows& why) {
    throw Error(
        "", why.what(),
        fmt::format("--data-from files, or the split as JSON lines in {}", wanted.file().string()));
  }
}

std::optional<FetchedSplit> TaskDataFetcher::fetch_either(const WantedSplit& wanted) {
  std::string no_rows;
  try {
    return rows_.fetch(wanted);
  } catch (const NoRows& why) {
    no_rows = why.what();
  }
  note_(fmt::format("No rows: {}. Taking the data set's own files.", no_rows));
  try {
    return files_.fetch(wanted);
  } catch (const HubUnreachable& error) {
    const std::string both = fmt::format("{}; and no rows: {}", error.what(), no_rows);
    if (rows_.unreachable()) throw HubUnreachable("", both);
    throw Error("", both);
  } catch (const Error& error) {
    throw Error("", fmt::format("{}; and no rows: {}", error.what(), no_rows));
  }
}

}  // namespace e2lm
