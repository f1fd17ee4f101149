#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "engine/cpu/bfloat16.h"
#include "engine/cpu/product.h"

namespace e2lm::cpu {
namespace {

std::vector<float> random_floats(int64_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

std::vector<float> multiply(Operand operand, const std::vector<float>& x,
                            const std::vector<float>& weights, int64_t inputs, int64_t outputs) {
  const TileProduct product(operand, inputs, outputs);
  const dnnl::memory packed = product.pack(choose_isa(), weights.data());
  std::vector<std::byte> operands(x.size() * operand_bytes(operand));
  write_operands(choose_isa(), operand, x.data(), std::ssize(x), operands.data());
  std::vector<float> out(kTileRows * outputs);
  std::vector<std::byte> scratch(product.scratch_bytes());
  product.run(operands.data(), packed, out.data(), scratch.data());
  return out;
}

constexpr int64_t kInputs = 96, kOutputs = 48;

// The two ways to multiply in bfloat16 see the same roundings: the processor's instructions (which
// oneDNN imitates where it has only plain AVX-512), and float32 products of rounded values.
TEST(TileProductTest, BothKindsOfBfloat16Agree) {
  if (!has_isa(Isa::avx512)) GTEST_SKIP() << "no AVX-512: oneDNN has no bfloat16 here";
  const auto x = random_floats(kTileRows * kInputs, 1), w = random_floats(kInputs * kOutputs, 2);
  const auto native = multiply(Operand::bfloat16, x, w, kInputs, kOutputs);
  const auto rounded = multiply(Operand::rounded, x, w, kInputs, kOutputs);
  const auto exact = multiply(Operand::float32, x, w, kInputs, kOutputs);
  double apart = 0, off = 0;
  for (size_t i = 0; i < native.size(); ++i) {
    apart = std::max(apart, std::abs(double{native[i]} - rounded[i]));
    off = std::max(off, std::abs(double{native[i]} - exact[i]));
  }
  EXPECT_LT(apart, 2e-5);
  EXPECT_GT(off, 1e-3) << "nothing was rounded";
}

TEST(TileProductTest, IsTheProduct) {
  const auto x = random_floats(kTileRows * kInputs, 3), w = random_floats(kInputs * kOutputs, 4);
  const auto out = multiply(Operand::float32, x, w, kInputs, kOutputs);
  for (int64_t r = 0; r < kTileRows; ++r) {
    for (int64_t o = 0; o < kOutputs; ++o) {
      double sum = 0;
      for (int64_t i = 0; i < kInputs; ++i) sum += double{x[r * kInputs + i]} * w[o * kInputs + i];
      ASSERT_NEAR(out[r * kOutputs + o], sum, 1e-4);
    }
  }
}

TEST(Bfloat16Test, RoundsToNearestTiesToEven) {
  const auto rounded = [](uint32_t bits) { return nearest_bfloat16(std::bit_cast<float>(bits)); };
  EXPECT_EQ(rounded(0x3F800000), 0x3F800000U);
  EXPECT_EQ(rounded(0x3F807FFF), 0x3F800000U);
  EXPECT_EQ(rounded(0x3F808000), 0x3F800000U) << "a tie goes to the even one, below";
  EXPECT_EQ(rounded(0x3F808001), 0x3F810000U);
  EXPECT_EQ(rounded(0x3F818000), 0x3F820000U) << "a tie goes to the even one, above";
  EXPECT_EQ(rounded(0xBF808001), 0xBF810000U);
  EXPECT_EQ(rounded(0x7F7FFFFF), 0x7F800000U) << "beyond the largest number lies infinity";
  EXPECT_EQ(rounded(0xFF800000), 0xFF800000U);
  EXPECT_EQ(rounded(0x7F800001) & 0x7FC00000U, 0x7FC00000U) << "a NaN stays one";
  EXPECT_EQ(rounded(0x00000001), 0U);
}

}  // namespace
}  // namespace e2lm::cpu
