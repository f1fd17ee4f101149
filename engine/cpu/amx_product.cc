#include "engine/cpu/amx_product.h"

namespace e2lm::cpu {
namespace {

// What LDTILECFG reads: every register as large as it can be.
struct alignas(64) AmxShapes {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(AmxShapes) == 64);

// Lines fetched ahead for each of the inner loop's steps: in a piece of 256 rows by a panel of 192
// outputs all of the next panel's weights, and in 64 rows the places of all results.
constexpr int64_t kWeightLines = 4, kPlaceLines = 2;

constexpr int64_t kFloatBytes = sizeof(float), kNumberBytes = sizeof(uint16_t);

// One or two registers' worth of rows by one or two of outputs. Registers 0 to 3 hold the sums, 4
// and 5 the rows, 6 and 7 the strips.
template <int kRows, int kStrips>
void multiply_block(const AmxProduct& product, int64_t row, int64_t inputs, int64_t output) {
  const int64_t x_bytes = product.x_stride * kNumberBytes,
                o_bytes = product.out_stride * kFloatBytes;
  const uint16_t* x = product.x + row * product.x_stride;
  const uint16_t* below = x + kAmxRows * product.x_stride;
  const uint16_t* w = product.w.strip(output);
  const uint16_t* beside = w + kAmxRows * product.w.inputs;
  float* out = product.out + row * product.out_stride + output;
  float* out_below = out + kAmxRows * product.out_stride;
  if (product.add) {
    amx_load<0>(out, o_bytes);
    if constexpr (kStrips > 1) amx_load<1>(out + kAmxRows, o_bytes);
    if constexpr (kRows > 1) amx_load<2>(out_below, o_bytes);
    if constexpr (kRows > 1 && kStrips > 1) amx_load<3>(out_below + kAmxRows, o_bytes);
  } else {
    amx_clear<0>();
    amx_clear<1>();
    amx_clear<2>();
    amx_clear<3>();
  }
  for (int64_t i = 0; i < inputs; i += kAmxInputs) {
    constexpr int64_t kRowBytes = kAmxInputs * kNumberBytes;
    amx_load<4>(x + i, x_bytes);
    amx_load<6>(w + i * kAmxRows, kRowBytes);
    amx_multiply<0, 4, 6>();
    if constexpr (kRows > 1) {
      amx_load<5>(below + i, x_bytes);
      amx_multiply<2, 5, 6>();
    }
    if constexpr (kStrips > 1) {
      amx_load<7>(beside + i * kAmxRows, kRowBytes);
      amx_multiply<1, 4, 7>();
      if constexpr (kRows > 1) amx_multiply<3, 5, 7>();
    }
    if (product.next_weights) product.next_weights->fetch(kWeightLines);
    if (product.places) product.places->fetch(kPlaceLines);
  }
  amx_store<0>(out, o_bytes);
  if constexpr (kStrips > 1) amx_store<1>(out + kAmxRows, o_bytes);
  if constexpr (kRows > 1) amx_store<2>(out_below, o_bytes);
  if constexpr (kRows > 1 && kStrips > 1) amx_store<3>(out_below + kAmxRows, o_bytes);
}

template <int kStrips>
void multiply_strips(const AmxProduct& product, int64_t rows, int64_t inputs, int64_t output) {
  int64_t row = 0;
  for (; row + kAmxRows < rows; row += 2 * kAmxRows) {
    multiply_block<2, kStrips>(product, row, inputs, output);
  }
  if (row < rows) multiply_block<1, kStrips>(product, row, inputs, output);
}

}  // namespace

#if defined(__x86_64__)
AmxScope::AmxScope() {
  static const AmxShapes kShapes;
  asm volatile("ldtilecfg %0" ::"m"(kShapes));
}

AmxScope::~AmxScope() {
  asm volatile("tilerelease");
}
#else
AmxScope::AmxScope() = default;
AmxScope::~AmxScope() = default;
#endif

void AmxProduct::multiply(int64_t rows, int64_t inputs, int64_t outputs) const {
  int64_t output = 0;
  for (; output + kAmxRows < outputs; output += 2 * kAmxRows) {
    multiply_strips<2>(*this, rows, inputs, output);
  }
  if (output < outputs) multiply_strips<1>(*this, rows, inputs, output);
}

}  // namespace e2lm::cpu
