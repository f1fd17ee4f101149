#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/hub/dataset_files.h"
#include "harness/hub/fetch.h"
#include "harness/hub/wanted_split.h"

namespace e2lm {

// Brings splits as the data set's own JSON, CSV or TSV files. They are downloaded into the hub's
// cache like those of checkpoints (resumed, length and hash checked), read once to the end as tasks
// will read them, and then put where tasks look for them: byte by byte, but unpacked from bzip2,
// xz, zstd and zip, as
//
//   <folder>/<split>.jsonl            (.json .csv .tsv, and .gz)
//   <folder>/<split>/00000.jsonl ..   if there are several
//
// Either appears at once. What an interrupted fetch leaves is .SPLIT.COMMIT.part, removed by the
// next one.
class DatasetFetcher {
 public:
  explicit DatasetFetcher(Fetcher& fetcher) : fetcher_(fetcher) {}

  // Nothing if the split is here by now. Throws Error: no such data set, revision, configuration or
  // split; files that e2lm does not read (Parquet, a Python program), or that are damaged.
  std::optional<FetchedSplit> fetch(const WantedSplit& wanted);

 private:
  std::vector<DatasetConfig> configs(const HubListing& listing) const;
  std::string read_small(const HubListing& listing, const HubFile& file) const;
  std::vector<Path> download(const HubListing& listing, const SplitChoice& choice);

  Fetcher& fetcher_;
};

}  // namespace e2lm
