#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/backend.h"
#include "engine/cuda/kernels.h"

namespace e2lm::cuda {

// The weights of a product on the device, [outputs, inputs] in the products' element type; outputs
// rounded up to a multiple of 8 with zeros, which tensor cores want of the head's odd vocabularies.
class DeviceMatrix final : public Matrix {
 public:
  DeviceMemory weights;
  int64_t padded_outputs = 0;
  Element element = Element::float32;
  DeviceMemory scale;  // [outputs] float32 where outputs differ; empty else
  float alpha = 1;     // the scale of all outputs where they do not
  DeviceMemory bias;   // [outputs], or empty

  const float* scales() const { return scale.as<float>(); }
  const float* biases() const { return bias.as<float>(); }
};

// An embedding [V, D]: float32 for checkpoints in float32 or float16, bfloat16 for bfloat16.
class DeviceEmbedding final : public Embedding {
 public:
  DeviceMemory rows;
  Element element = Element::float32;
};

// out [rows, count] = alpha · x·Wᵀ (+ out), for outputs [first, first + count) of a matrix: x
// [rows, inputs], dense. Sums are float32.
//
// A row's result does not depend on how many rows there are nor on which: for each shape of a
// weight matrix one algorithm is chosen once, among those that do not split the sum and take any
// number of rows, and used for all of them. Throws Error where there is none. That such a one adds
// up a whole row in one accumulator, whatever its tiles, others have read off Hopper and Blackwell
// cards (bfloat16, cuBLASLt 13.1: github.com/facebookexperimental/triton, pull request 2769).
class Products {
 public:
  static constexpr int64_t kWorkspaceBytes = int64_t{32} << 20;  // on the device, as long as it is

  // Throws Error if the library is not to be had.
  static void find_library();

  explicit Products(Stream stream);
  ~Products();
  Products(const Products&) = delete;
  Products& operator=(const Products&) = delete;

  struct Outputs {
    int64_t first = 0;
    int64_t count = 0;
  };
  enum class Into { fresh, sum };
  void multiply(const DeviceMatrix& weights, Outputs outputs, OperandRows x, int32_t rows,
                Into into, FloatRows out);

  // What was chosen so far, for benchmarks to print: numbers are cuBLASLt's own, -1 where it does
  // not tell them.
  struct Choice {
    int64_t inputs, outputs;
    int32_t algorithm, tile, stages, splits, reduction;
  };
  std::vector<Choice> choices() const;

 private:
  class Library;
  std::unique_ptr<Library> library_;
};

}  // namespace e2lm::cuda
