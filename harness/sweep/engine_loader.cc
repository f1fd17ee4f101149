#include "harness/sweep/engine_loader.h"

#include <exception>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace e2lm {
namespace {

// 0 if the checkpoint cannot be read.
int64_t card_weight_bytes(const Path& folder, const EngineOptions& options) try {
  return Engine::card_weight_bytes(Checkpoint::open(folder), options);
} catch (const Error&) {
  return 0;
}

}  // namespace

EngineLoader::EngineLoader(Open open, EngineOptions options)
    : open_(std::move(open)), options_(std::move(options)) {}

EngineLoader::~EngineLoader() = default;

EngineOptions EngineLoader::options_for(const ToOpen& checkpoint) const {
  EngineOptions options = options_;
  options.precision = checkpoint.precision;
  return options;
}

OpenCheckpoint EngineLoader::open_now(const Path& folder, const Open& open,
                                      const EngineOptions& options) {
  OpenCheckpoint opened;
  opened.files = std::make_unique<Checkpoint>(Checkpoint::open(folder));
  opened.engine = open(*opened.files, options);
  return opened;
}

OpenCheckpoint EngineLoader::open(const ToOpen& checkpoint) {
  const bool is_ahead = ahead_ && ahead_->checkpoint == checkpoint;
  if (!is_ahead) thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  std::optional<Ahead> ahead = std::exchange(ahead_, std::nullopt);
  if (is_ahead && ahead->opened.engine) return std::move(ahead->opened);
  ahead.reset();  // its memory is wanted now
  return open_now(checkpoint.folder, open_, options_for(checkpoint));
}

void EngineLoader::look_ahead(const std::optional<ToOpen>& next, Engine& current,
                              std::span<const PrefixTree* const> trees) {
  const bool card = options_.device == Device::cuda && next;
  const int64_t bytes = card ? card_weight_bytes(next->folder, options_for(*next)) : 0;
  if (current.leave_room(bytes, trees) && bytes > 0) return start(*next, bytes);
  if (next) prefetch_.start(next->folder);
}

void EngineLoader::start(const ToOpen& next, int64_t weight_bytes) try {
  ahead_.emplace(Ahead{.checkpoint = next});
  thread_ = std::jthread([this, weight_bytes](std::stop_token stop) {
    EngineOptions options = options_for(ahead_->checkpoint);
    options.card_weight_bytes = weight_bytes;
    options.called_off = std::move(stop);
    try {
      ahead_->opened = open_now(ahead_->checkpoint.folder, open_, options);
    } catch (const std::exception&) {
      ahead_->opened = {};
    }
  });
} catch (const std::system_error&) {
  ahead_.reset();  // no thread is to be had
}

}  // namespace e2lm
