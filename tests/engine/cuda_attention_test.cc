// The attention kernel alone, on paths longer than a whole model could be tested with: what it sums
// over thousands of keys, against float64. On a card where there is one, else on the emulated one.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/cuda/device.h"
#include "engine/cuda/kernels.h"
#include "tests/support/devices.h"

namespace e2lm::cuda {
namespace {

template <class V>
DeviceMemory on_device(const std::vector<V>& values, const OwnedStream& stream) {
  const auto bytes = static_cast<int64_t>(values.size() * sizeof(V));
  DeviceMemory memory(bytes);
  copy_to_device(memory.as<V>(), values.data(), bytes, stream.get());
  stream.wait();
  return memory;
}

// A tile of rows after `keys` cached ones, all of which every row sees. Scores are exact in float32
// and the first key's is the highest, so that the maximum never changes. Half way the values change
// their sign: keys show that weigh more or less than they should because they are old.
class LongPath {
 public:
  LongPath(int32_t keys, int32_t width)
      : keys_(keys), width_(width), q_(kTileRows * 3 * width), cache_(keys * 2 * width) {
    for (int32_t r = 0; r < kTileRows; ++r) {
      for (int32_t c = 0; c < width; ++c) q_[r * 3 * width + c] = query(r);
    }
    for (int32_t k = 0; k < keys; ++k) {
      for (int32_t c = 0; c < width; ++c) {
        cache_[k * 2 * width + c] = key(k);
        cache_[k * 2 * width + width + c] = sign(k) * times(c);
      }
    }
  }

  // [64, width]
  std::vector<float> attend() const {
    const OwnedStream stream;
    const std::vector<TileRecord> tiles = {
        {.rows = kTileRows, .keys = keys_, .common_keys = keys_}};
    std::vector<KeyRecord> keys;
    for (int32_t k = 0; k < keys_; ++k) keys.push_back({cached_key(k), kTileRows});
    const DeviceMemory tiles_there = on_device(tiles, stream), keys_there = on_device(keys, stream);
    const DeviceMemory q_there = on_device(q_, stream), cache_there = on_device(cache_, stream);
    std::vector<float> out(kTileRows * width_);
    const DeviceMemory out_there = on_device(out, stream);
    WaveRecords wave = {};
    wave.rows = kTileRows;
    wave.tile_count = 1;
    wave.tiles = tiles_there.as<TileRecord>();
    wave.keys = keys_there.as<KeyRecord>();
    attention(wave, {1, 1, width_, nullptr}, 1,
              {q_there.as<float>(), 3 * width_, 3 * width_, Element::float32},
              cache_there.as<float>(), {out_there.as<float>(), width_, width_, Element::float32},
              stream.get());
    copy_to_host(out.data(), out_there.as<float>(),
                 static_cast<int64_t>(out.size() * sizeof(float)), stream.get());
    stream.wait();
    return out;
  }

  // What column 0 of a row must be; the others are as many times that as their column says.
  double expected(int32_t row) const {
    double sum = 0, total = 0;
    for (int32_t k = 0; k < keys_; ++k) {
      const double weight = std::exp(std::sqrt(width_) * query(row) * (key(k) - key(0)));
      total += weight;
      sum += weight * sign(k);
    }
    return sum / total;
  }
  static float times(int32_t column) { return 1 + static_cast<float>(column) / 256; }

 private:
  // Few bits each; scores are 20 to 40 at a width of 64.
  static float query(int32_t row) { return 1 + static_cast<float>(row) / kTileRows; }
  static float key(int32_t k) { return 2.5F - static_cast<float>(k * 5 % 16) / 256; }
  float sign(int32_t k) const { return k < keys_ / 2 ? 1.0F : -1.0F; }

  int32_t keys_, width_;
  std::vector<float> q_;      // [64, q | k | v]: the tile's own keys are not among those it sees
  std::vector<float> cache_;  // [keys, k | v]
};

class CudaAttention : public testing::TestWithParam<int32_t> {
 protected:
  void SetUp() override { E2LM_SKIP_WITHOUT(Device::cuda, Precision::float32); }
};

TEST_P(CudaAttention, OldKeysWeighAsMuchAsNewOnes) {
  const int32_t width = GetParam();
  const LongPath path(6000, width);
  const auto out = path.attend();
  double worst = 0;
  for (int32_t r = 0; r < kTileRows; ++r) {
    const double expected = path.expected(r);
    for (int32_t c = 0; c < width; ++c) {
      worst = std::max(worst, std::abs(out[r * width + c] - expected * LongPath::times(c)));
    }
  }
  // Rounding of thousands of sums; a decay off by 1e-6 in every block of keys makes 1e-4 of it.
  EXPECT_LT(worst, 1e-5);
  RecordProperty("largest_difference", fmt::format("{:.2g}", worst));
}

INSTANTIATE_TEST_SUITE_P(Widths, CudaAttention, testing::Values(64, 80, 128));

}  // namespace
}  // namespace e2lm::cuda
