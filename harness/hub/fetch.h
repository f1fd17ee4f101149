#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/hub/cache.h"
#include "harness/hub/hub.h"

namespace e2lm {

struct FetchOptions {
  int jobs = 4;  // files at once
  bool quiet = false;
  std::function<bool()> stop;
};

// A file that a checkpoint needs, and where it belongs.
struct WantedFile {
  std::string repo;
  std::string commit;
  HubFile file;
};

struct FetchSummary {
  int64_t files = 0;                   // that were not there
  int64_t bytes = 0;                   // downloaded; files that are the same elsewhere are linked
  std::vector<std::string> failures;   // a sentence each, equal ones once with their number
  std::map<Path, std::string> absent;  // why, of each file (path_of) that could not be had
};

// Brings what the hub has into its cache on this disk.
class Fetcher {
 public:
  Fetcher(Hub& hub, FetchOptions options);

  // The files of a checkpoint, as the hub lists them; an index of weights is brought and read for
  // it. Throws Error if the checkpoint is none to read, or not whole.
  std::vector<WantedFile> files(const HubPlace& place);

  // Downloads what is missing, several files at once; one that cannot be had does not stop the
  // others, but without a connection to the hub nothing more is tried. Checks first that the disk
  // has room: throws Error that names both numbers. Throws Interrupted when asked to stop; what
  // came is kept and gone on with next time.
  FetchSummary fetch(const std::vector<WantedFile>& wanted);

  // Everything of some checkpoints; revisions are remembered, so that HubCache::folder finds them.
  FetchSummary fetch_checkpoints(const std::vector<HubPlace>& places);

  // One file, with nothing said: what the functions above do for each. Throws what download does.
  // Returns whether it had to be downloaded.
  bool fetch_file(const WantedFile& wanted, const std::function<void(int64_t)>& advance,
                  const std::function<void(const std::string&)>& note) const;

  // Whether a checkpoint is in the cache and the hub is not to be asked for a newer one.
  bool is_here_offline(const HubPlace& place) const;

  // Where a file is, or would be if it was fetched.
  Path path_of(const WantedFile& wanted) const;

  const HubCache& cache() const { return cache_; }
  Hub& hub() { return hub_; }

 private:
  std::vector<WantedFile> files(const HubPlace& place, FetchSummary& summary);
  int64_t count_missing(const std::set<HubPlace>& places) const;
  int64_t missing_bytes(const std::vector<WantedFile>& wanted) const;
  void check_room(int64_t bytes) const;

  Hub& hub_;
  HubCache cache_;
  FetchOptions options_;
};

}  // namespace e2lm
