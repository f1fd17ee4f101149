#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/file_stamp.h"
#include "harness/manifest/manifest.h"
#include "harness/sweep/plan.h"
#include "harness/sweep/weights.h"

namespace e2lm {

// Tells checkpoints that are whole from those still being written. A folder is settled when it
// opens as a checkpoint (config.json, and every safetensors file that its index names, as long as
// their headers say), its series has a tokenizer that opens, and none of its files changed since
// the look before. Nothing but looking is used, so that network file systems do.
class CheckpointWatch {
 public:
  // What the store's sweeps hashed before is settled at the first look. Borrows it.
  explicit CheckpointWatch(const Store& store) : store_(store) {}

  struct Look {
    Manifest settled;     // of the manifest what is settled; series without any are left out
    std::set<Path> news;  // what settled that was not, or not with these files
    int64_t missing = 0;  // checkpoints of the manifest that are not settled
    std::set<int64_t> being_written;  // steps of those that changed since the look before
    // Folders that stay as they are and do not open, and why.
    std::map<Path, std::string> broken;
  };

  // A look at the manifest's checkpoints. One that settled once and is gone now stays, as its
  // results do.
  Look look(const Manifest& manifest);

  // Checkpoints of an earlier watch, of series that scan: they may be gone now.
  void remember(const Plan& plan);

 private:
  struct Seen {
    std::map<Path, FileStamp> files;
    bool settled = false;
    std::string error;
  };

  enum class State { absent, changing, settled, broken };
  State look_at(const Series& series, const CheckpointRef& ref, Look& look);
  void add_gone(const Manifest& manifest, Series& series) const;

  const Store& store_;
  std::map<Path, Seen> seen_;
  std::map<std::string, std::map<int64_t, CheckpointRef>> settled_;  // by series and step
};

struct WatchOptions {
  std::chrono::milliseconds interval{10'000};  // between two looks
  // More series may come, so that there is always something to wait for; the end step is that of
  // series that scan.
  bool grows = false;
  // Ends when every series has come so far, and nothing up to there is being written.
  std::optional<int64_t> until_step;
  std::optional<std::chrono::milliseconds> idle;  // ends when nothing new came for so long
  std::function<bool()> stop;                     // asked often; true ends it with Interrupted
};

struct WatchHooks {
  std::function<Manifest()> read;  // the manifest, its folders scanned anew
  // Scores what is settled.
  std::function<void(const CheckpointWatch::Look&)> sweep;
  std::function<void(const std::string&)> say;
};

// Looks, and sweeps when there is news, until the end that the options name; a manifest that scans
// nothing also ends when all its checkpoints are there. Returns the folders that were never whole,
// and why. Errors in the manifest after the first look are said and waited out; one that is there
// to the end, so that what came meanwhile was not seen, is returned as the manifest's.
std::map<Path, std::string> watch(CheckpointWatch& checkpoints, const WatchOptions& options,
                                  const WatchHooks& hooks);

}  // namespace e2lm
