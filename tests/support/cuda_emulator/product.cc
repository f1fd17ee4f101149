// engine/cuda/product.h on the host.

#include "engine/cuda/product.h"

namespace e2lm::cuda {

class Products::Library {};
Products::Products(Stream) {}
Products::~Products() = default;

namespace {

template <class T>
void multiply_rows(const DeviceMatrix& weights, Products::Outputs outputs, const T* x,
                   int64_t x_stride, int32_t rows, bool add, FloatRows out) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t o = 0; o < outputs.count; ++o) {
      const T* w = weights.weights.as<T>() + (outputs.first + o) * weights.inputs;
      float sum = 0;
      for (int64_t i = 0; i < weights.inputs; ++i) sum += widen(x[r * x_stride + i]) * widen(w[i]);
      float& to = out.data[r * out.stride + o];
      to = sum * weights.alpha + (add ? to : 0.0F);
    }
  }
}

}  // namespace

void Products::multiply(const DeviceMatrix& weights, Outputs outputs, OperandRows x, int32_t rows,
                        Into into, FloatRows out) {
  if (x.element == Element::float32) {
    multiply_rows(weights, outputs, static_cast<const float*>(x.data), x.stride, rows,
                  into == Into::sum, out);
  } else {
    multiply_rows(weights, outputs, static_cast<const Bfloat16*>(x.data), x.stride, rows,
                  into == Into::sum, out);
  }
}

}  // namespace e2lm::cuda
