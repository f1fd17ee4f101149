// A row that has one number that is not finite: it and what sees it become NaN, nothing else does.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/cuda_operations.h"

namespace e2lm::cuda {
namespace {

constexpr float kInfinite = std::numeric_limits<float>::infinity();
constexpr int32_t kSpoiled = 30;

using CudaSpoiled = CudaOperations;

TEST_P(CudaSpoiled, ConvolutionsMarkTheRowsThatItFeeds) {
  for (const auto& [taps, channels] : {std::pair(4, 20), {3, 19}}) {
    std::vector<float> x = numbers(kRows * channels);
    x[kSpoiled * channels + 7] = kInfinite;
    taps_.clear();
    for (int32_t r = 0; r < kRows; ++r) {
      for (int32_t t = 1; t < taps; ++t) taps_.push_back(r < t ? kNoRow : r - t);
    }
    const Wave wave(*this);
    const std::string bits = convolved_bits(wave, x, numbers(taps * channels), channels, taps);
    const std::vector<int32_t> spoiled = wave.spoiled();
    for (int32_t r = 0; r < kRows; ++r) {
      EXPECT_EQ(spoiled[r] != 0, r >= kSpoiled && r < kSpoiled + taps) << r;
      for (int32_t c = 0; c < channels; ++c) {
        EXPECT_TRUE(std::isfinite(element(bits, r * channels + c))) << r << ", channel " << c;
      }
    }
  }
}

// A value or a key of one head; also a finite one that bfloat16 has no number for.
TEST_P(CudaSpoiled, HeadsHaveNoKeysAndValuesOfZero) {
  constexpr int32_t kWidth = 16, kRow = 5 * kWidth;  // q of a head, k and v of two
  const OnCard<float> unturned(rotations(kWidth));
  const Wave wave(*this);
  for (const int32_t column : {kWidth, 3 * kWidth - 1, 3 * kWidth, kRow - 1}) {
    for (const float value : {kInfinite, -kInfinite, std::nanf(""), 3.4e38F}) {
      std::vector<float> values = numbers(kRows * kRow);
      values[kSpoiled * kRow + column] = value;
      const OnCard<float> qkv(values);
      const auto part = [&](int32_t first, int32_t count) {
        return FloatRows{qkv.data() + first, kRow, count, nullptr};
      };
      const OnCard<char> rows(kRows * kRow * element_bytes());
      pack_heads(wave.records(), {1, 2, kWidth, unturned.data()}, part(0, kWidth),
                 part(kWidth, 2 * kWidth), part(3 * kWidth, 2 * kWidth),
                 {rows.data(), kRow, kRow, GetParam()}, nullptr);
      const std::string bits = rows.bytes();
      const bool spoils = !std::isfinite(value) || GetParam() == Element::bfloat16;
      for (int32_t i = 0; i < kRows * kRow; ++i) {
        const int32_t r = i / kRow, c = i % kRow;
        const float got = element(bits, i);
        if (r == kSpoiled && spoils && c >= kWidth) {
          ASSERT_TRUE(c < 3 * kWidth ? std::isnan(got) : got == 0) << c;
        } else {
          ASSERT_TRUE(std::isfinite(got)) << r << ", column " << c;
        }
      }
    }
  }
}

// The row is a leaf, the text goes on from the one before it; also where it is the first of a tile,
// from which the others' decays are counted, so that their last bits may change.
TEST_P(CudaSpoiled, ScansGiveItToNobodyElse) {
  constexpr int32_t kWidth = 24, kInner = 3 * kWidth;
  for (const auto& [leaf, gated] :
       {std::pair(kSpoiled, false), {kSpoiled, true}, {kFirst, false}, {kFirst, true}}) {
    until_[leaf] = leaf + 1;
    parent_[leaf + 1] = parent_[leaf];
    const std::string whole = scan_bits(kWidth, 16, 0, gated);
    spoiled_[leaf] = 1;
    const std::string spoiled = scan_bits(kWidth, 16, 0, gated);
    spoiled_[leaf] = 0;
    const bool rounded = gated && GetParam() == Element::bfloat16;
    const auto value = [&](const std::string& bits, int32_t i) {
      return gated ? element(bits, i) : reinterpret_cast<const float*>(bits.data())[i];
    };
    for (int32_t i = 0; i < kRows * kInner; ++i) {
      const float got = value(spoiled, i), expected = value(whole, i);
      if (i / kInner == leaf) {
        ASSERT_TRUE(std::isnan(got)) << i;
      } else {
        ASSERT_NEAR(got, expected, (rounded ? 1e-2 : 1e-5) * (1 + std::abs(expected))) << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, CudaSpoiled, testing::Values(Element::float32, Element::bfloat16),
                         element_name);

}  // namespace
}  // namespace e2lm::cuda
