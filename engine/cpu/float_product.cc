#include "engine/cpu/float_product.h"

#include <algorithm>

#include "engine/cpu/simd.h"

namespace e2lm::cpu {
namespace {

// The sums that registers hold: kBlockRows rows by kStripVectors vectors of outputs, with room for
// a vector of weights each and an input.
template <class Floats>
constexpr int kBlockRows = 2;
template <class Floats>
constexpr int kStripVectors = 1;
template <>
constexpr int kBlockRows<Avx2Floats> = 6;
template <>
constexpr int kBlockRows<Avx512Floats> = 8;
template <>
constexpr int kStripVectors<Avx512Floats> = 3;

int64_t vectors_of(int64_t floats) {
  return (floats + kLanes - 1) / kLanes;
}

void pack_strip(const float* weights, int64_t outputs, int64_t stride, int64_t inputs,
                float* packed) {
  const int64_t width = vectors_of(outputs) * kLanes;
  for (int64_t i = 0; i < inputs; ++i) {
    for (int64_t o = 0; o < width; ++o) {
      packed[i * width + o] = o < outputs ? weights[o * stride + i] : 0.0F;
    }
  }
}

// Some rows of x by a strip of weights.
template <class Floats>
struct Block {
  static constexpr int kRows = kBlockRows<Floats>;

  const float* x[kRows];  // where there are fewer, the last is computed several times
  int64_t rows;
  const float* ahead[2];  // rows to ask for meanwhile
};

template <class Floats, int kVectors>
E2LM_INLINE inline void finish(const Floats (&sums)[kBlockRows<Floats>][kVectors], int64_t rows,
                               const ProductEnd& end) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t v = 0; v < kVectors; ++v) {
      const int64_t first = v * kLanes, lanes = std::min(kLanes, end.out.width - first);
      float* to = end.out.data + r * end.out.stride + first;
      Floats value = sums[r][v];
      if (end.scale) value = value * load<Floats>(end.scale + first, lanes);
      if (end.bias) value = value + load<Floats>(end.bias + first, lanes);
      if (end.add) value = value + load<Floats>(to, lanes);
      store(to, value, lanes);
    }
  }
}

template <class Floats, int kVectors>
E2LM_INLINE inline void multiply_block(const Block<Floats>& block, int64_t inputs,
                                       const float* weights, const ProductEnd& end) {
  constexpr int kRows = Block<Floats>::kRows;
  constexpr int64_t kWidth = kVectors * kLanes;
  constexpr int64_t kAhead = 12 * kWidth;  // weights come from the second cache
  for (int64_t r = 0; r < block.rows; ++r) {
    for (int64_t v = 0; v < kVectors; ++v) {
      __builtin_prefetch(end.out.data + r * end.out.stride + v * kLanes, 1);
    }
  }
  Floats sums[kRows][kVectors] = {};
  for (int64_t first = 0; first < inputs; first += kLanes) {
    for (const float* row : block.ahead) __builtin_prefetch(row + first, 0, 2);
    const int64_t last = std::min(inputs, first + kLanes);
    for (int64_t i = first; i < last; ++i) {
      Floats by[kVectors];
      for (int v = 0; v < kVectors; ++v) {
        const float* vector = weights + i * kWidth + v * kLanes;
        __builtin_prefetch(vector + kAhead);
        by[v] = load<Floats>(vector);
      }
      for (int r = 0; r < kRows; ++r) {
        for (int v = 0; v < kVectors; ++v) sums[r][v] = sums[r][v] + by[v] * block.x[r][i];
      }
    }
  }
  finish<Floats, kVectors>(sums, block.rows, end);
}

template <class Floats>
E2LM_INLINE inline void multiply_strip(const Block<Floats>& block, int64_t inputs,
                                       const float* weights, const ProductEnd& end) {
  const int64_t vectors = vectors_of(end.out.width);
  if constexpr (kStripVectors<Floats> == 3) {
    if (vectors == 3) return multiply_block<Floats, 3>(block, inputs, weights, end);
    if (vectors == 2) return multiply_block<Floats, 2>(block, inputs, weights, end);
  }
  multiply_block<Floats, 1>(block, inputs, weights, end);
}

ProductEnd strip_of(const ProductEnd& end, int64_t row, int64_t first, int64_t outputs) {
  Rows out = end.out.columns(first, outputs);
  out.data += row * out.stride;
  return {out, end.scale ? end.scale + first : nullptr, end.bias ? end.bias + first : nullptr,
          end.add};
}

// Inputs [0, inputs) of rows that are `stride` floats apart.
template <class Floats>
E2LM_INLINE inline void multiply_chunk(const float* x, int64_t stride, int64_t rows, int64_t inputs,
                                       const float* packed, const ProductEnd& end) {
  constexpr int kRows = Block<Floats>::kRows;
  constexpr int64_t kStrip = kStripVectors<Floats> * kLanes;
  for (int64_t row = 0; row < rows; row += kRows) {
    Block<Floats> block;
    block.rows = std::min<int64_t>(kRows, rows - row);
    for (int r = 0; r < kRows; ++r) {
      block.x[r] = x + (row + std::min<int64_t>(r, block.rows - 1)) * stride;
    }
    for (int64_t first = 0; first < end.out.width; first += kStrip) {
      for (int i = 0; i < 2; ++i) {
        const int64_t next = row + kRows + (first / kStrip * 2 + i) % kRows;
        block.ahead[i] = x + std::min(next, rows - 1) * stride;
      }
      const int64_t outputs = std::min(kStrip, end.out.width - first);
      multiply_strip<Floats>(block, inputs, packed + first * inputs,
                             strip_of(end, row, first, outputs));
    }
  }
}

// body(first input, inputs, where their weights are packed) for chunks of about the same size.
template <class Body>
E2LM_INLINE inline void for_each_chunk(int64_t outputs, int64_t inputs, const Body& body) {
  const int64_t chunks = (inputs + kChunkInputs - 1) / kChunkInputs;
  const int64_t most = vectors_of((inputs + chunks - 1) / chunks) * kLanes;
  int64_t packed = 0;
  for (int64_t first = 0; first < inputs; first += most) {
    const int64_t count = std::min(most, inputs - first);
    body(first, count, packed);
    packed += vectors_of(outputs) * kLanes * count;
  }
}

}  // namespace

int64_t packed_floats(int64_t outputs, int64_t inputs) {
  return vectors_of(outputs) * kLanes * inputs;
}

void pack_floats(Isa isa, const float* weights, int64_t outputs, int64_t inputs, float* packed) {
  dispatch(isa, [&]<class Floats>(Floats) E2LM_INLINE {
    constexpr int64_t kStrip = kStripVectors<Floats> * kLanes;
    for_each_chunk(
        outputs, inputs, [&](int64_t first_input, int64_t count, int64_t at) E2LM_INLINE {
          for (int64_t first = 0; first < outputs; first += kStrip) {
            pack_strip(weights + first * inputs + first_input, std::min(kStrip, outputs - first),
                       inputs, count, packed + at + first * count);
          }
        });
  });
}

void multiply_floats(Isa isa, const float* x, int64_t rows, int64_t inputs, const float* packed,
                     const ProductEnd& end) {
  dispatch(isa, [&]<class Floats>(Floats) E2LM_INLINE {
    ProductEnd part = end;
    for_each_chunk(end.out.width, inputs,
                   [&](int64_t first, int64_t count, int64_t at) E2LM_INLINE {
                     multiply_chunk<Floats>(x + first, inputs, rows, count, packed + at, part);
                     part.add = true;
                     part.bias = nullptr;
                   });
  });
}

}  // namespace e2lm::cpu
