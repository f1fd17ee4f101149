// Kernels move several values at once where addresses and shapes allow it, and one by one where
// not: the results must have the same bits. The emulator ends the program at an unaligned access, a
// card the kernel.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "tests/support/cuda_operations.h"

namespace e2lm::cuda {
namespace {

class CudaLoads : public CudaOperations {
 protected:
  static constexpr float kEps = 0.1F;

  // Every `width` values over the root of their mean square.
  static std::vector<double> normed(std::vector<double> values, int32_t width) {
    for (auto first = values.begin(); first != values.end(); first += width) {
      const double squares = std::inner_product(first, first + width, first, 0.0);
      const double factor = 1 / std::sqrt(squares / width + kEps);
      std::for_each(first, first + width, [&](double& value) { value *= factor; });
    }
    return values;
  }

  void expect_near(const std::string& bits, const std::vector<double>& expected, double factor) {
    const double tolerance = GetParam() == Element::float32 ? 2e-6 : 4e-3;  // half a last bit
    for (size_t i = 0; i < expected.size(); ++i) {
      const double value = factor * expected[i];
      ASSERT_NEAR(element(bits, static_cast<int64_t>(i)), value, tolerance * (1 + std::abs(value)))
          << i << " of " << expected.size();
    }
  }
};

TEST_P(CudaLoads, OfAttentionChangeNothing) {
  for (const int32_t width : {20, 64, 128, 256}) {
    EXPECT_EQ(attention_bits(width, 0), attention_bits(width, 1)) << width;
  }
}

TEST_P(CudaLoads, OfTheScanChangeNothing) {
  for (const auto& [width, state_size] :
       {std::pair(64, 128), {24, 16}, {72, 72}, {13, 10}, {8, 320}}) {
    const std::string y = scan_bits(width, state_size, 0);
    EXPECT_EQ(y, scan_bits(width, state_size, 1)) << width;
    for (int32_t i = 0; i < kRows * 3 * width; ++i) {
      EXPECT_TRUE(std::isfinite(reinterpret_cast<const float*>(y.data())[i]));
    }
    EXPECT_EQ(scan_bits(width, state_size, 0, true), scan_bits(width, state_size, 1, true))
        << width;
  }
}

TEST_P(CudaLoads, TheGatedScanIsTheScanThenTheGate) {
  for (const auto& [width, state_size] : {std::pair(64, 128), {13, 10}}) {
    const int32_t count = kRows * 3 * width;
    const std::vector<float> z = numbers(count);
    const std::string y = scan_bits(width, state_size, 0);
    const std::string gated = scan_bits(width, state_size, 0, true);
    for (int32_t i = 0; i < count; ++i) {
      const double gate = z[i] / (1 + std::exp(-double{z[i]}));
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
    const std::vector<float> x = numbers(kRows * channels), weight = numbers(width * channels);
    taps_.clear();
    for (int32_t r = 0; r < kRows; ++r) {
      for (int32_t t = 1, row = r; t < width; ++t) {
        row = row < 0 ? row : before(row);
        taps_.push_back(row < 0 ? kNoRow : row);
      }
    }
    const std::string bits = convolved_bits(Wave(*this), x, weight, channels, width);
    for (int32_t i = 0; i < kRows * channels; ++i) {
      const int32_t c = i % channels;
      double sum = 0;
      for (int32_t t = 0, r = i / channels; t < width && r >= 0; ++t, r = before(r)) {
        sum += double{x[r * channels + c]} * weight[(width - 1 - t) * channels + c];
      }
      const double tolerance = GetParam() == Element::float32 ? 1e-6 : 4e-3;
      ASSERT_NEAR(element(bits, i), sum / (1 + std::exp(-sum)), tolerance * (1 + std::abs(sum)));
    }
  }
}

// Also of heads that need more than 64 KiB of shared memory, and of heads that share their keys
// with one other, with two others and with none, against sums in float64.
TEST_P(CudaLoads, AttentionIsRightAtEveryWidth) {
  struct Heads {
    int32_t width, query, kv;
  };
  for (const auto& [width, heads, kv_heads] : {Heads{20, 2, 1},
                                               {64, 2, 1},
                                               {128, 2, 1},
                                               {256, 2, 1},
                                               {20, 6, 2},
                                               {64, 6, 2},
                                               {128, 3, 1},
                                               {64, 2, 2}}) {
    SCOPED_TRACE(testing::Message() << heads << " heads of " << width << ", keys of " << kv_heads);
    const int32_t row = (heads + 2 * kv_heads) * width;
    const std::vector<float> all = numbers(kRows * row);  // every column's scale is its own, too
    const std::string bits = attention_bits(width, 0, heads, kv_heads);
    for (int32_t head = 0; head < heads; ++head) {
      const int32_t own_keys = heads + head / (heads / kv_heads);
      const auto value = [&, width = width](int32_t r, int32_t in, int32_t c) {
        return double{all[r * row + in * width + c]} * all[in * width + c];
      };
      for (const int32_t r : {0, 63, 64, kRows - 1}) {
        std::vector<double> weights(r + 1, 0.0);
        double total = 0;
        for (int32_t key = 0; key <= r; ++key) {
          for (int32_t c = 0; c < width; ++c) {
            weights[key] += value(r, head, c) * value(key, own_keys, c);
          }
          total += weights[key] = std::exp(weights[key] / std::sqrt(width));
        }
        for (int32_t c = 0; c < width; c += 7) {
          double expected = 0;
          for (int32_t key = 0; key <= r; ++key) {
            expected += 1.5 * weights[key] / total * value(key, own_keys + kv_heads, c);
          }
          EXPECT_NEAR(element(bits, (r * heads + head) * width + c), expected,
                      GetParam() == Element::float32 ? 1e-5 : 1e-2);
        }
      }
    }
  }
}

// Also of rows that are too wide to be held between the two times that a norm needs them.
TEST_P(CudaLoads, NormsAreRightAtEveryWidth) {
  constexpr int32_t kWide = 5;  // rows
  for (const int32_t width : {1, 62, 64, 4096, 4098, 8200}) {
    const std::vector<float> x = numbers(kWide * width);
    const OnCard<float> there(x), weight(std::vector<float>(width, 1.5F));
    const OnCard<char> out(kWide * width * element_bytes());
    rms_norm({there.data(), width, width, nullptr}, weight.data(), kEps, kWide, nullptr,
             {out.data(), width, width, GetParam()}, nullptr);
    const std::vector<double> expected = normed({x.begin(), x.end()}, width);
    expect_near(out.bytes(), expected, 1.5);
  }
}

TEST_P(CudaLoads, GatesWithNormsAreRightAtEveryWidth) {
  constexpr int32_t kWide = 5, kGroups = 2;
  for (const int32_t width : {2, 62, 64, 4096, 4100, 8200}) {
    const std::vector<float> y = numbers(kWide * width), z(y.rbegin(), y.rend());
    const OnCard<float> y_there(y), z_there(z), weight(std::vector<float>(width, 1.5F));
    const auto gated = [&z](std::vector<double> values) {
      for (size_t i = 0; i < z.size(); ++i) values[i] *= z[i] / (1 + std::exp(-double{z[i]}));
      return values;
    };
    for (const bool norm_first : {false, true}) {
      const OnCard<char> out(kWide * width * element_bytes());
      norm_gate(kWide, {weight.data(), kEps, norm_first, kGroups, 2.0F},
                {y_there.data(), width, width, nullptr}, {z_there.data(), width, width, nullptr},
                {out.data(), width, width, GetParam()}, nullptr);
      const std::vector<double> start(y.begin(), y.end());
      expect_near(out.bytes(),
                  norm_first ? gated(normed(start, width / kGroups))
                             : normed(gated(start), width / kGroups),
                  3.0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, CudaLoads, testing::Values(Element::float32, Element::bfloat16),
                         element_name);

}  // namespace
}  // namespace e2lm::cuda
