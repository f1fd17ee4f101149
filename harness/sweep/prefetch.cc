#include "harness/sweep/prefetch.h"

#include <exception>
#include <fstream>
#include <system_error>
#include <vector>

namespace e2lm {
namespace {

constexpr int64_t kPieceBytes = 4 << 20;

void read_ahead(const std::stop_token& stop, const Path& folder) try {
  std::vector<char> piece(kPieceBytes);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".safetensors") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    while (file && !stop.stop_requested()) file.read(piece.data(), kPieceBytes);
  }
} catch (const std::exception&) {
  return;  // who opens the checkpoint says what is wrong with it, or that there is no memory
}

}  // namespace

void Prefetch::start(const Path& folder) try {
  reader_ = std::jthread(read_ahead, folder);
} catch (const std::system_error&) {
  return;  // no thread is to be had
}

}  // namespace e2lm
