#include "harness/prefetch.h"

#include <fstream>
#include <vector>

namespace e2lm {
namespace {

constexpr int64_t kPieceBytes = 4 << 20;

void read_ahead(const std::stop_token& stop, const Path& folder) {
  std::vector<char> piece(kPieceBytes);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".safetensors") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    while (file && !stop.stop_requested()) file.read(piece.data(), kPieceBytes);
  }
}

}  // namespace

void Prefetch::start(const Path& folder) {
  reader_ = std::jthread(read_ahead, folder);
}

}  // namespace e2lm
