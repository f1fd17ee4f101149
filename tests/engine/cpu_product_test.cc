#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <filesystem>
#include <random>
#include <thread>

#include "base/parallel.h"
#include "engine/cpu/amx_product.h"
#include "engine/cpu/bfloat16.h"
#include "engine/cpu/float_product.h"
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
  std::vector<float> room(product.packed_bytes() / sizeof(float) + 1);
  const dnnl::memory packed = product.pack(choose_isa(), weights.data(), room.data());
  std::vector<std::byte> operands(x.size() * operand_bytes(operand));
  write_operands(choose_isa(), operand, x.data(), std::ssize(x), operands.data());
  std::vector<float> out(kTileRows * outputs);
  product.run(operands.data(), 1, packed, out.data());
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

// Made before anything else has run on its thread.
TEST(TileProductTest, TakesNoOtherThread) {
  if (!has_isa(Isa::avx512)) GTEST_SKIP() << "no AVX-512: oneDNN has no bfloat16 here";
  if (available_threads() == 1) GTEST_SKIP() << "one processor, one thread";
  const auto threads = [] {
    using Folder = std::filesystem::directory_iterator;
    return std::distance(Folder("/proc/self/task"), Folder());
  };
  std::thread([&] {
    const auto before = threads();
    const TileProduct product(Operand::bfloat16, kInputs, kOutputs);
    EXPECT_EQ(threads(), before);
  }).join();
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

struct Shape {
  int64_t rows, inputs, outputs;
};

// Blocks, strips and chunks, whole and with a rest of one to all but one.
constexpr Shape kShapes[] = {{1, 1, 1},    {2, 16, 15},    {3, 17, 16},   {5, 96, 31},
                             {6, 33, 33},  {7, 767, 47},   {8, 768, 48},  {9, 769, 49},
                             {13, 64, 97}, {17, 1537, 64}, {64, 40, 192}, {67, 100, 161}};

std::vector<Isa> isas_here() {
  std::vector<Isa> isas;
  for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) {
    if (has_isa(isa)) isas.push_back(isa);
  }
  return isas;
}

struct FloatProduct {
  FloatProduct(Isa with, const Shape& of) : isa(with), shape(of) {
    pack_floats(isa, weights.data(), shape.outputs, shape.inputs, packed.data());
  }

  // Rows [first, first + count) by the weights → out [count, stride].
  void run(int64_t first, int64_t count, const ProductEnd& end) const {
    multiply_floats(isa, x.data() + first * shape.inputs, count, shape.inputs, packed.data(), end);
  }

  double exact(int64_t row, int64_t output) const {
    double sum = 0;
    for (int64_t i = 0; i < shape.inputs; ++i) {
      sum += double{x[row * shape.inputs + i]} * weights[output * shape.inputs + i];
    }
    return sum;
  }

  Isa isa;
  Shape shape;
  std::vector<float> x = random_floats(shape.rows * shape.inputs, 5);
  std::vector<float> weights = random_floats(shape.outputs * shape.inputs, 6);
  std::vector<float> packed = std::vector<float>(packed_floats(shape.outputs, shape.inputs));
};

TEST(FloatProductTest, IsTheProductAndTouchesNothingElse) {
  for (const Isa isa : isas_here()) {
    for (const Shape& shape : kShapes) {
      const FloatProduct product(isa, shape);
      const int64_t stride = shape.outputs + 3;
      std::vector<float> out(shape.rows * stride + 16, 7.0F);
      product.run(0, shape.rows, {.out = {out.data(), stride, shape.outputs}});
      const double tolerance = 1e-5 * std::sqrt(static_cast<double>(shape.inputs)) + 1e-6;
      for (int64_t i = 0; i < std::ssize(out); ++i) {
        const int64_t row = i / stride, output = i % stride;
        if (row < shape.rows && output < shape.outputs) {
          ASSERT_NEAR(out[i], product.exact(row, output), tolerance)
              << shape.rows << " rows, " << shape.inputs << " × " << shape.outputs;
        } else {
          ASSERT_EQ(out[i], 7.0F) << "beyond row " << row;
        }
      }
    }
  }
}

TEST(FloatProductTest, ScalesAddsTheBiasAndAddsToWhatIsThere) {
  for (const Isa isa : isas_here()) {
    for (const Shape& shape : kShapes) {
      const FloatProduct product(isa, shape);
      const auto scale = random_floats(shape.outputs, 8), bias = random_floats(shape.outputs, 9);
      const auto before = random_floats(shape.rows * shape.outputs, 10);
      auto out = before;
      product.run(0, shape.rows,
                  {.out = {out.data(), shape.outputs, shape.outputs},
                   .scale = scale.data(),
                   .bias = bias.data(),
                   .add = true});
      const double tolerance = 5e-5 * std::sqrt(static_cast<double>(shape.inputs)) + 5e-6;
      for (int64_t i = 0; i < std::ssize(out); ++i) {
        const int64_t output = i % shape.outputs;
        const double sum = product.exact(i / shape.outputs, output);
        ASSERT_NEAR(out[i], before[i] + sum * scale[output] + bias[output], tolerance);
      }
    }
  }
}

// A row's bits are the same alone and in any company.
TEST(FloatProductTest, ARowDependsOnNoOther) {
  for (const Isa isa : isas_here()) {
    for (const Shape& shape : kShapes) {
      const FloatProduct product(isa, shape);
      const auto run = [&](int64_t first, int64_t count) {
        std::vector<float> out(count * shape.outputs);
        product.run(first, count, {.out = {out.data(), shape.outputs, shape.outputs}});
        return out;
      };
      const std::vector<float> all = run(0, shape.rows);
      for (int64_t row = 0; row < shape.rows; ++row) {
        for (const int64_t count : {int64_t{1}, std::min<int64_t>(3, shape.rows - row)}) {
          const std::vector<float> some = run(row, count);
          ASSERT_TRUE(std::equal(some.begin(), some.end(), all.begin() + row * shape.outputs));
        }
      }
    }
  }
}

// Sixteen at once as one by one, on every instruction set, and nothing behind the last.
TEST(Bfloat16Test, VectorsRoundAsNumbersDo) {
  std::mt19937 random(7);
  for (const Isa isa : isas_here()) {
    for (int64_t count = 1; count <= 40; ++count) {
      std::vector<float> x(count);
      for (float& value : x) value = std::bit_cast<float>(static_cast<uint32_t>(random()));
      x[count / 2] = std::bit_cast<float>(0x7F800001);  // a NaN
      x[count / 3] = std::bit_cast<float>(0x3F808000);  // a tie
      std::vector<uint16_t> shorts(count + 1, 7);
      std::vector<float> floats(count + 1, 7);
      const auto write = [&](Operand operand, auto& out) {
        write_operands(isa, operand, x.data(), count, reinterpret_cast<std::byte*>(out.data()));
      };
      write(Operand::bfloat16, shorts);
      write(Operand::rounded, floats);
      for (int64_t i = 0; i < count; ++i) {
        const uint32_t expected = nearest_bfloat16(x[i]);
        EXPECT_EQ(shorts[i], expected >> 16) << x[i];
        EXPECT_EQ(std::bit_cast<uint32_t>(floats[i]), expected) << x[i];
      }
      EXPECT_EQ(shorts[count], 7);
      EXPECT_EQ(floats[count], 7.0F);
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

std::vector<uint16_t> rounded(const std::vector<float>& values) {
  std::vector<uint16_t> numbers;
  for (const float value : values) {
    numbers.push_back(static_cast<uint16_t>(nearest_bfloat16(value) >> 16));
  }
  return numbers;
}

float number(uint16_t bits) {
  return std::bit_cast<float>(uint32_t{bits} << 16);
}

// Whole registers and some, of rows and outputs; what stands behind the last of them is kept.
TEST(AmxProductTest, IsTheProductOfRoundedNumbers) {
  if (!has_amx()) GTEST_SKIP() << "this processor has no AMX";
  const AmxScope scope;
  for (const auto& [rows, inputs, outputs] :
       {Shape{16, 32, 16}, {32, 64, 32}, {16, 96, 48}, {48, 32, 16}, {80, 160, 112}}) {
    for (const bool add : {false, true}) {
      const auto x = rounded(random_floats(rows * inputs, 1));
      const auto w = rounded(random_floats(inputs * outputs, 2));
      std::vector<uint16_t> packed(AmxPairs::numbers(inputs, outputs));
      const AmxPairs pairs = {packed.data(), inputs};
      for (int64_t i = 0; i < inputs; ++i) {
        for (int64_t o = 0; o < outputs; ++o) *pairs.at(i, o) = w[i * outputs + o];
      }
      const int64_t stride = outputs + 3;
      std::vector<float> out = random_floats(rows * stride, 3);
      const std::vector<float> before = out;
      AmxAhead next = AmxAhead::to_read(packed.data(), 100);
      AmxAhead places = AmxAhead::to_write({out.data(), stride, outputs}, rows);
      AmxProduct{x.data(), inputs, pairs, out.data(), stride, add, &next, &places}.multiply(
          rows, inputs, outputs);
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t o = 0; o < stride; ++o) {
          const float there = before[r * stride + o];
          double sum = add ? there : 0;
          for (int64_t i = 0; i < inputs && o < outputs; ++i) {
            sum += double{number(x[r * inputs + i])} * number(w[i * outputs + o]);
          }
          if (o >= outputs) sum = there;
          ASSERT_NEAR(out[r * stride + o], sum, o < outputs ? 1e-4 : 0);
        }
      }
    }
  }
}

// A row has the same bits alone and among others.
TEST(AmxProductTest, RowsDoNotDependOnEachOther) {
  if (!has_amx()) GTEST_SKIP() << "this processor has no AMX";
  const AmxScope scope;
  constexpr int64_t kRows = 64, kWidth = 320, kResults = 48;
  const auto x = rounded(random_floats(kRows * kWidth, 4));
  auto w = rounded(random_floats(kWidth * kResults, 5));
  const AmxPairs pairs = {w.data(), kWidth};
  std::vector<float> together(kRows * kResults), alone(kAmxRows * kResults);
  AmxProduct{x.data(), kWidth, pairs, together.data(), kResults}.multiply(kRows, kWidth, kResults);
  for (int64_t r = 0; r < kRows; ++r) {
    std::vector<uint16_t> one(kAmxRows * kWidth);
    const int64_t place = r * 7 % kAmxRows;
    std::copy_n(x.data() + r * kWidth, kWidth, one.data() + place * kWidth);
    AmxProduct{one.data(), kWidth, pairs, alone.data(), kResults}.multiply(1, kWidth, kResults);
    EXPECT_TRUE(std::equal(alone.data() + place * kResults, alone.data() + (place + 1) * kResults,
                           together.data() + r * kResults))
        << r;
  }
}

}  // namespace
}  // namespace e2lm::cpu
