// Kernels move several values at once where addresses and shapes allow it, and one by one where
// not: the results must have the same bits. The emulator ends the program at an unaligned access.

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "engine/cuda/bfloat16.h"
#include "engine/cuda/kernels.h"

namespace e2lm::cuda {
namespace {

// A text of 100 rows as two units, the second of which begins with the state after the first.
class CudaLoads : public testing::TestWithParam<Element> {
 protected:
  static constexpr int32_t kRows = 100, kFirst = 64;

  CudaLoads() {
    for (int32_t r = 0; r < kRows; ++r) {
      positions_.push_back(r);
      until_.push_back(kRows);
      parent_.push_back(r == kFirst ? -1 : r - 1);
    }
    for (const int32_t seen : {kFirst, kRows}) {
      for (int32_t r = 0; r < seen; ++r) keys_.push_back({r, kRows});
    }
    wave_.rows = kRows;
    wave_.positions = positions_.data();
    wave_.until = until_.data();
    wave_.parent = parent_.data();
    wave_.units = units_;
    wave_.unit_count = 2;
    wave_.tiles = tiles_;
    wave_.tile_count = 2;
    wave_.keys = keys_.data();
    wave_.jobs = &job_;
    wave_.cached_rows = &cached_;
    wave_.cached_row_count = 1;
  }

  int64_t element_bytes() const { return GetParam() == Element::float32 ? 4 : 2; }

  // Random numbers around 0, `shift` of them past an address that is a multiple of 256.
  struct Numbers {
    DeviceMemory memory;
    int64_t shift;
    float* floats() const { return memory.as<float>() + shift; }
    Bfloat16* halves() const { return memory.as<Bfloat16>() + shift; }
  };
  Numbers numbers(Element element, int64_t count, int64_t shift) {
    Numbers made{DeviceMemory((count + shift) * 4), shift};
    std::mt19937 random(3);
    for (int64_t i = 0; i < count; ++i) {
      const float value = static_cast<float>(random() % 2001) / 1000 - 1;
      if (element == Element::float32) {
        made.floats()[i] = value;
      } else {
        made.halves()[i] = narrow<Bfloat16>(value);
      }
    }
    return made;
  }
  void* data(const Numbers& made) const {
    return GetParam() == Element::float32 ? static_cast<void*>(made.floats()) : made.halves();
  }

  float element(const std::string& bits, int64_t index) const {
    const char* at = bits.data() + index * element_bytes();
    if (GetParam() == Element::float32) return *reinterpret_cast<const float*>(at);
    return widen(*reinterpret_cast<const Bfloat16*>(at));
  }

  std::string attention_bits(int32_t width, int64_t shift) {
    const int32_t heads = 2, row = 4 * width;  // q of two heads, k, v
    const Numbers qkv = numbers(Element::float32, kRows * row, shift);
    const Numbers scale = numbers(Element::float32, row, shift);
    const auto part = [&](int32_t first, int32_t count) {
      return FloatRows{qkv.floats() + first, row, count, scale.floats() + first};
    };
    const DeviceMemory out(kRows * heads * width * element_bytes());
    const std::vector<float> unturned = rotations(width);
    const HeadRule rule = {heads, 1, width, unturned.data()};
    const int32_t packed = packed_width(heads, 1, width);
    const DeviceMemory rows(kRows * packed * element_bytes()), cache(packed * element_bytes());
    const OperandRows packed_rows = {rows.as<void>(), packed, packed, GetParam()};
    pack_heads(wave_, rule, part(0, heads * width), part(heads * width, width),
               part(3 * width, width), packed_rows, nullptr);
    attention(wave_, rule, 1.5F, packed_rows, cache.as<void>(),
              {out.as<void>(), heads * width, heads * width, GetParam()}, nullptr);
    return {out.as<char>(), static_cast<size_t>(out.bytes())};
  }

  // Of every position, by nothing.
  static std::vector<float> rotations(int32_t width) {
    std::vector<float> all;
    for (int32_t i = 0; i < kRows * width; ++i) all.push_back(i % width < width / 2 ? 1.0F : 0.0F);
    return all;
  }

  // Of y, or of what the gate makes of it.
  std::string scan_bits(int32_t width, int32_t state_size, int64_t shift, bool gated = false) {
    const int32_t heads = 3, inner = heads * width, row = inner + 2 * state_size;
    const Numbers xbc = numbers(GetParam(), kRows * row, shift);
    const Numbers dt = numbers(Element::float32, kRows * heads, 0);
    const std::vector<float> rate = {-0.5F, -0.1F, -2.0F}, ones(heads, 1.0F);
    const DeviceMemory state(heads * width * state_size * 4), steps(kRows * heads * 4),
        decay(kRows * heads * 8), products(2 * kTileRows * kTileRows * 4), out(kRows * inner * 4);
    ScanRule rule = {heads, width, state_size, 1, rate.data(), ones.data(), ones.data()};
    rule.dt_max = std::numeric_limits<float>::infinity();
    rule.layer_states = state.as<float>();
    rule.dt = steps.as<float>();
    rule.log_decay = decay.as<double>();
    rule.products = products.as<float>();
    const OperandRows operands = {data(xbc), row, row, GetParam()};
    time_steps(wave_, rule, {dt.floats(), heads, heads, nullptr}, nullptr);
    scan_products(wave_, rule, operands, nullptr);
    scan_states(wave_, rule, operands, 0, 1, nullptr);
    if (gated) {
      const Numbers z = numbers(Element::float32, kRows * inner, shift);
      scan_gated_outputs(wave_, rule, operands, {z.floats(), inner, inner, nullptr}, 1.5F,
                         {out.as<void>(), inner, inner, GetParam()}, nullptr);
      return {out.as<char>(), static_cast<size_t>(kRows * inner * element_bytes())};
    }
    scan_outputs(wave_, rule, operands, {out.as<float>(), inner, inner, nullptr}, nullptr);
    for (int64_t i = 0; i < kRows * inner; ++i) EXPECT_TRUE(std::isfinite(out.as<float>()[i]));
    return {out.as<char>(), static_cast<size_t>(out.bytes())};
  }

  std::vector<int32_t> positions_, until_, parent_;
  std::vector<KeyRecord> keys_;
  const UnitRecord units_[2] = {{0, kFirst, kNoState}, {kFirst, kRows - kFirst, 0}};
  const TileRecord tiles_[2] = {{0, 0, kFirst, 0, 0, kFirst, 0, 0},
                                {1, kFirst, kRows - kFirst, kFirst, 1, kRows, kFirst, kFirst}};
  const StateJob job_ = {0, kFirst - 1, 0};
  const CachedRow cached_ = {kRows - 1, 0};
  WaveRecords wave_ = {};
};

TEST_P(CudaLoads, OfAttentionChangeNothing) {
  for (const int32_t width : {20, 64, 128, 256}) {
    EXPECT_EQ(attention_bits(width, 0), attention_bits(width, 1)) << width;
  }
}

TEST_P(CudaLoads, OfTheScanChangeNothing) {
  for (const auto& [width, state_size] :
       {std::pair(64, 128), {24, 16}, {72, 72}, {13, 10}, {8, 320}}) {
    EXPECT_EQ(scan_bits(width, state_size, 0), scan_bits(width, state_size, 1)) << width;
    EXPECT_EQ(scan_bits(width, state_size, 0, true), scan_bits(width, state_size, 1, true))
        << width;
  }
}

TEST_P(CudaLoads, TheGatedScanIsTheScanThenTheGate) {
  for (const auto& [width, state_size] : {std::pair(64, 128), {13, 10}}) {
    const int32_t count = kRows * 3 * width;
    const Numbers z = numbers(Element::float32, count, 0);
    const std::string y = scan_bits(width, state_size, 0);
    const std::string gated = scan_bits(width, state_size, 0, true);
    for (int32_t i = 0; i < count; ++i) {
      const double gate = z.floats()[i] / (1 + std::exp(-double{z.floats()[i]}));
      const double expected = 1.5 * reinterpret_cast<const float*>(y.data())[i] * gate;
      const double tolerance = GetParam() == Element::float32 ? 1e-6 : 4e-3;  // half a last bit
      ASSERT_NEAR(element(gated, i), expected, tolerance * (1 + std::abs(expected))) << i;
    }
  }
}

// A text of kRows with a branch at kBranch, whose rows are fed by the trunk's.
TEST_P(CudaLoads, ConvolutionsAreRightAtEveryNumberOfTaps) {
  constexpr int32_t kTrunk = 9, kBranch = 21;
  const auto before = [](int32_t r) { return r == kBranch ? kTrunk : r - 1; };
  for (const auto& [width, channels] : {std::pair(2, 20), {4, 20}, {4, 19}, {5, 19}}) {
    const Numbers x = numbers(Element::float32, kRows * channels, 0);
    const Numbers weight = numbers(Element::float32, width * channels, 0);
    std::vector<int32_t> taps;
    for (int32_t r = 0; r < kRows; ++r) {
      for (int32_t t = 1, row = r; t < width; ++t) {
        row = row < 0 ? row : before(row);
        taps.push_back(row < 0 ? kNoRow : row);
      }
    }
    wave_.taps = taps.data();
    const DeviceMemory out(kRows * channels * element_bytes());
    convolve(wave_, {weight.floats(), nullptr, width, nullptr},
             {x.floats(), channels, channels, nullptr},
             {out.as<void>(), channels, channels, GetParam()}, nullptr);
    const std::string bits(out.as<char>(), out.bytes());
    for (int32_t i = 0; i < kRows * channels; ++i) {
      const int32_t c = i % channels;
      double sum = 0;
      for (int32_t t = 0, r = i / channels; t < width && r >= 0; ++t, r = before(r)) {
        sum +=
            double{x.floats()[r * channels + c]} * weight.floats()[(width - 1 - t) * channels + c];
      }
      const double tolerance = GetParam() == Element::float32 ? 1e-6 : 4e-3;
      ASSERT_NEAR(element(bits, i), sum / (1 + std::exp(-sum)), tolerance * (1 + std::abs(sum)));
    }
  }
}

// Also of heads that need more than 64 KiB of shared memory, against sums in float64.
TEST_P(CudaLoads, AttentionIsRightAtEveryWidth) {
  for (const int32_t width : {20, 64, 128, 256}) {
    const int32_t row = 4 * width;
    const Numbers numbers_of_all = numbers(Element::float32, kRows * row, 0);
    const float* all = numbers_of_all.floats();  // every column's scale is numbers' own, too
    const auto value = [&](int32_t r, int32_t c) { return double{all[r * row + c]} * all[c]; };
    const std::string bits = attention_bits(width, 0);
    for (const int32_t r : {0, 63, 64, kRows - 1}) {
      std::vector<double> weights(r + 1, 0.0);
      double total = 0;
      for (int32_t key = 0; key <= r; ++key) {
        for (int32_t c = 0; c < width; ++c) {
          weights[key] += value(r, width + c) * value(key, 2 * width + c);  // of the second head
        }
        total += weights[key] = std::exp(weights[key] / std::sqrt(width));
      }
      for (int32_t c = 0; c < width; c += 7) {
        double expected = 0;
        for (int32_t key = 0; key <= r; ++key) {
          expected += 1.5 * weights[key] / total * value(key, 3 * width + c);
        }
        EXPECT_NEAR(element(bits, (r * 2 + 1) * width + c), expected,
                    GetParam() == Element::float32 ? 1e-5 : 1e-2)
            << width;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, CudaLoads, testing::Values(Element::float32, Element::bfloat16),
                         [](const auto& element) {
                           return element.param == Element::float32 ? "float32" : "bfloat16";
                         });

}  // namespace
}  // namespace e2lm::cuda
