#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "harness/hub/fetch.h"
#include "harness/manifest/checkpoint_source.h"

namespace e2lm {

struct StreamOptions {
  int64_t disk_bytes = 0;      // for weights this stream holds at a time; 0: no limit
  Path journal;                // remembers what is to be removed if the program is killed
  std::function<bool()> stop;  // as FetchOptions'
};

// Checkpoints of the hub that pass through the disk: the next one is downloaded while the sweep
// computes the one before it, and what was downloaded is removed once it was used. Files that were
// in the cache already stay, as do files that a checkpoint still to come shares, and the small ones
// (configurations, tokenizers).
//
// The journal is a JSON object {"links": [..], "blobs": [..]} of what this stream brought and has
// not removed; one that cannot be read is no journal, and its files then stay.
class HubStream : public CheckpointSource {
 public:
  HubStream(Fetcher& fetcher, StreamOptions options);
  ~HubStream() override;

  // Asks the hub for its lists and brings the small files, so that a plan can be made: sets
  // folder and content of the manifest's checkpoints. What cannot be had is an Error only when it
  // is obtained: perhaps the store knows all of it. Returns why small files are not here.
  std::vector<std::string> prepare(Manifest& manifest);

  // Throws Error if the hub gave no list at all.
  void expect(const std::vector<CheckpointRef>& refs) override;
  void obtain(const CheckpointRef& ref) override;
  void release(const CheckpointRef& ref) override;

 private:
  enum class State { waiting, ready, failed, released };
  struct Item {
    HubPlace place;
    std::vector<WantedFile> weights;
    std::vector<HubCache::Use> uses;  // of the weights, until they are released
    State state = State::waiting;
    std::string error;
  };

  void download_all();
  // REQUIRES for these: the mutex is held.
  std::optional<size_t> next_to_bring() const;
  bool may_start(size_t index) const;
  size_t index_of(const CheckpointRef& ref) const;
  HubCache::Use use(const WantedFile& file) const;
  void remove_weights(const Item& item, bool with_begun);
  void remove_if_possible(Item& item);
  void remove(const WantedFile& file);

  bool announce(Item& item);
  void bring(size_t index);
  int64_t bytes_to_come(const Item& item) const;
  int64_t held_bytes() const;
  Path pointer(const WantedFile& file) const;
  Path blob(const WantedFile& file) const;
  void read_journal();
  void write_journal() const;

  Fetcher& fetcher_;
  StreamOptions options_;
  std::map<HubPlace, std::vector<WantedFile>> files_;
  std::map<HubPlace, std::string> errors_;

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::vector<Item> items_;
  size_t wanted_ = 0;                    // the farthest item the sweep was at
  bool ending_ = false;                  // no more downloads
  std::set<std::string> links_, blobs_;  // that this stream brought
  std::jthread downloader_;
};

}  // namespace e2lm
