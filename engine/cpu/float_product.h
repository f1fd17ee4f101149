#pragma once

#include <cstdint>

#include "engine/backend.h"
#include "engine/cpu/isa.h"

namespace e2lm::cpu {

// Float32 products in the registers of one core, for panels of weights that stay in its cache.
//
// Such a product is as fast as its operands arrive: oneDNN's multiplies at the processor's rate
// what lies in the cache, but in a forward pass the rows and the results do not. So this one asks
// for the next rows and for the places of its results while it works, and finishes the results
// before they leave the registers (Goto and van de Geijn, Anatomy of high-performance matrix
// multiplication, 2008, say what to keep where).
//
// A sum takes its inputs in order, in chunks of at most kChunkInputs that are added up: a row's
// result has the same bits whatever rows stand beside it.

constexpr int64_t kChunkInputs = 768;

// Weights as the kernel reads them: chunk by chunk of inputs, strip by strip of outputs, input by
// input the strip's outputs, zeros behind the last. The instruction set says how wide a strip is.
int64_t packed_floats(int64_t outputs, int64_t inputs);

// weights [outputs, inputs], row-major → packed [packed_floats(..)]
void pack_floats(Isa isa, const float* weights, int64_t outputs, int64_t inputs, float* packed);

// Where a product goes: out (+)= (x·Wᵀ) ⊙ scale + bias, for the out.width outputs of W.
struct ProductEnd {
  Rows out;
  const float* scale = nullptr;  // [out.width], or null for 1
  const float* bias = nullptr;   // [out.width], or null for 0
  bool add = false;
};

// x [rows, inputs], dense; `packed` of the same instruction set.
void multiply_floats(Isa isa, const float* x, int64_t rows, int64_t inputs, const float* packed,
                     const ProductEnd& end);

}  // namespace e2lm::cpu
