#include "harness/weights_reader.h"

#include <chrono>
#include <fstream>

#include "base/error.h"
#include "harness/evaluate.h"

namespace e2lm {
namespace {

constexpr int64_t kPieceBytes = 4 << 20;

void read_ahead(const std::stop_token& stop, const Path& folder,
                const std::vector<FileStamp>& stamps) {
  std::vector<char> piece(kPieceBytes);
  for (const FileStamp& stamp : stamps) {
    std::ifstream file(folder / stamp.name, std::ios::binary);
    while (file && !stop.stop_requested()) file.read(piece.data(), kPieceBytes);
  }
}

// The hash is empty when stopped.
OpenedCheckpoint open_checkpoint(const std::stop_token& stop, const Path& folder,
                                 const KnownWeights& known) {
  std::vector<FileStamp> stamps = weights_stamps(folder);
  OpenedCheckpoint opened{Checkpoint::open(folder), std::move(stamps), {}};
  const auto sha256 = known.find(folder, opened.stamps);
  opened.sha256 = sha256 ? *sha256 : opened.checkpoint.sha256(stop);
  if (weights_stamps(folder) != opened.stamps) {
    throw Error(folder.string(), "was written to while it was read", "a checkpoint left alone");
  }
  return opened;
}

}  // namespace

void WeightsReader::start(const Path& folder) {
  std::promise<OpenedCheckpoint> promise;
  opened_ = promise.get_future();
  reader_ = std::jthread(
      [this, folder](const std::stop_token& stop, std::promise<OpenedCheckpoint> result) {
        std::vector<FileStamp> stamps;
        try {
          OpenedCheckpoint opened = open_checkpoint(stop, folder, known_);
          stamps = opened.stamps;
          result.set_value(std::move(opened));
        } catch (...) {
          result.set_exception(std::current_exception());  // for take(), on the sweep's thread
        }
        read_ahead(stop, folder, stamps);
      },
      std::move(promise));
}

OpenedCheckpoint WeightsReader::take(const std::function<bool()>& stop) {
  constexpr auto kLook = std::chrono::milliseconds(50);
  while (opened_.wait_for(kLook) != std::future_status::ready) {
    if (stop && stop()) throw Interrupted();
  }
  return opened_.get();
}

}  // namespace e2lm
