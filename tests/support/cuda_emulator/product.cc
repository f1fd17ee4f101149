// engine/cuda/product.h on the host.

#include "engine/cuda/product.h"

#include "base/error.h"
#include "tests/support/cuda_emulator/emulator.h"

namespace e2lm::cuda {

class Products::Library {
 public:
  Stream stream;
};
void Products::find_library() {
  if (!emulator::behaviour.has_cublas) throw Error("--device cuda", "no cuBLASLt", "--device cpu");
}
Products::Products(Stream stream) : library_(new Library{stream}) {}
Products::~Products() = default;

namespace {

template <class T>
auto multiply_rows(const DeviceMatrix& weights, Products::Outputs outputs, OperandRows x,
                   int32_t rows, bool add, FloatRows out) {
  const T* first = weights.weights.as<T>() + outputs.first * weights.inputs;
  return [=, inputs = weights.inputs, alpha = weights.alpha] {
    for (int64_t r = 0; r < rows; ++r) {
      const T* row = static_cast<const T*>(x.data) + r * x.stride;
      for (int64_t o = 0; o < outputs.count; ++o) {
        const T* w = first + o * inputs;
        float sum = 0;
        for (int64_t i = 0; i < inputs; ++i) sum += widen(row[i]) * widen(w[i]);
        float& to = out.data[r * out.stride + o];
        to = sum * alpha + (add ? to : 0.0F);
      }
    }
  };
}

}  // namespace

void Products::multiply(const DeviceMatrix& weights, Outputs outputs, OperandRows x, int32_t rows,
                        Into into, FloatRows out) {
  const bool add = into == Into::sum;
  if (x.element == Element::float32) {
    emulator::enqueue(library_->stream, multiply_rows<float>(weights, outputs, x, rows, add, out));
  } else {
    emulator::enqueue(library_->stream,
                      multiply_rows<Bfloat16>(weights, outputs, x, rows, add, out));
  }
}

}  // namespace e2lm::cuda
