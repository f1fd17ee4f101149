#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <thread>

#include "base/file.h"
#include "engine/checkpoint.h"
#include "engine/engine.h"
#include "harness/sweep/prefetch.h"

namespace e2lm {

// Which checkpoint is to be opened, and with what arithmetic.
struct ToOpen {
  Path folder;
  Precision precision = Precision::float32;
  bool operator==(const ToOpen&) const = default;
};

// A checkpoint on its device. The engine reads the files, so it goes first.
struct OpenCheckpoint {
  std::unique_ptr<Checkpoint> files;
  std::unique_ptr<Engine> engine;
};

// Opens the checkpoints of a sweep, and prepares the next one while the current one is computed:
// a card that has memory for the weights of both gets them on a thread of its own; otherwise the
// files are read into the system's cache.
class EngineLoader {
 public:
  using Open = std::function<std::unique_ptr<Engine>(const Checkpoint&, const EngineOptions&)>;

  // The precision that `options` ask for is not looked at.
  EngineLoader(Open open, EngineOptions options);
  ~EngineLoader();  // calls off what is under way

  // Throws Error if it cannot be opened. Whatever went wrong ahead of time is tried again here,
  // where the memory of the checkpoint before is free again. REQUIRES: that one is gone.
  OpenCheckpoint open(const ToOpen& checkpoint);

  // Prepares the checkpoint that is opened next, if one will be, while `current` scores `trees`; it
  // has scored nothing yet. Nothing fails here: what is wrong with the next one is said when it is
  // opened.
  void look_ahead(const std::optional<ToOpen>& next, Engine& current,
                  std::span<const PrefixTree* const> trees);

 private:
  struct Ahead {
    ToOpen checkpoint;
    OpenCheckpoint opened;  // empty if it could not be
  };

  EngineOptions options_for(const ToOpen& checkpoint) const;
  static OpenCheckpoint open_now(const Path& folder, const Open& open,
                                 const EngineOptions& options);
  void start(const ToOpen& next, int64_t weight_bytes);

  Open open_;
  EngineOptions options_;
  Prefetch prefetch_;
  std::optional<Ahead> ahead_;  // the thread's until it is joined
  std::jthread thread_;
};

}  // namespace e2lm
