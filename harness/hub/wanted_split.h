#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/hub/cache.h"
#include "tasks/task.h"

namespace e2lm {

// A split of a data set of the hub that tasks ask for.
struct WantedSplit {
  DataSource data;  // dataset_path, dataset_name, dataset_kwargs
  std::string split;

  Path folder() const { return data.named_folder(); }
  // Where its rows go, if they come as JSON lines.
  Path file() const { return folder() / (split + ".jsonl"); }
  bool is_here() const { return data.has_split(split); }

  // Whether dataset_kwargs say which files of the data set are meant, or of which revision.
  bool names_files() const;
  std::string kwarg(const char* key) const;  // "" if there is none
  std::string name() const;                  // as messages have it
};

// What a fetch has put where tasks look for it.
struct FetchedSplit {
  Path file;  // or the folder, of several files
  int64_t rows = 0;
};

// The splits that tasks ask documents and examples from and that are not here, each once. Throws
// Error if two tasks mean different data by the same place.
std::vector<WantedSplit> missing_splits(const std::vector<Task>& tasks);

// Held by whoever fetches a split; makes the folder. `stop` is asked while waiting.
class SplitLock {
 public:
  SplitLock(const WantedSplit& wanted, const std::function<bool()>& stop);

 private:
  HubCache::Lock lock_;
};

// What fetches of the split have left in its folder, whole or not; names begin with a point.
std::vector<Path> begun_files(const WantedSplit& wanted, std::string_view ending);

}  // namespace e2lm
