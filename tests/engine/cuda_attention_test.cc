// The attention kernel alone, on paths longer than a whole model could be tested with: what it sums
// over thousands of keys, against float64. On a card where there is one, else on the emulated one.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/cuda/kernels.h"
#include "tests/support/devices.h"
#include "tests/support/on_card.h"

namespace e2lm::cuda {
namespace {

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
    std::vector<KeyRecord> seen;
    for (int32_t k = 0; k < keys_; ++k) seen.push_back({cached_key(k), kTileRows});
    const OnCard<TileRecord> tiles({{.rows = kTileRows, .keys = keys_, .common_keys = keys_}});
    const OnCard<KeyRecord> keys(seen);
    const OnCard<float> q(q_), cache(cache_), out(kTileRows * width_);
    WaveRecords wave = {};
    wave.rows = kTileRows;
    wave.tile_count = 1;
    wave.tiles = tiles.data();
    wave.keys = keys.data();
    attention(wave, {1, 1, width_, nullptr}, 1,
              {q.data(), 3 * width_, 3 * width_, Element::float32}, cache.data(),
              {out.data(), width_, width_, Element::float32}, nullptr);
    return out.values();
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
