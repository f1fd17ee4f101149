#include "engine/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <cassert>
#include <cstring>

namespace e2lm {
namespace {

template <typename T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

float from_bfloat16(uint16_t bits) {
  return std::bit_cast<float>(uint32_t{bits} << 16);
}

// IEEE binary16: normal numbers are rebiased; subnormals are scaled from integers, which is exact.
float from_float16(uint16_t bits) {
  const uint32_t sign = uint32_t{bits} >> 15 << 31;
  const uint32_t exponent = bits >> 10 & 0x1F;
  const uint32_t fraction = bits & 0x3FF;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return sign ? -magnitude : magnitude;
  }
  const uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

}  // namespace

std::string_view dtype_name(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return "F32";
    case DType::bfloat16:
      return "BF16";
    case DType::float16:
      return "F16";
  }
  return "?";
}

int64_t dtype_bytes(DType dtype) {
  return dtype == DType::float32 ? 4 : 2;
}

int64_t Tensor::elements() const {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

std::string Tensor::describe() const {
  return fmt::format("{} [{}]", dtype_name(dtype), fmt::join(shape, ", "));
}

void read_floats(const Tensor& tensor, int64_t first, std::span<float> out) {
  assert(first >= 0 && first + std::ssize(out) <= tensor.elements());
  if (out.empty()) return;  // a tensor without elements may have no address
  const std::byte* at = tensor.bytes.data() + first * dtype_bytes(tensor.dtype);
  switch (tensor.dtype) {
    case DType::float32:
      std::memcpy(out.data(), at, out.size_bytes());
      break;
    case DType::bfloat16:
      for (float& value : out) value = from_bfloat16(load<uint16_t>(at)), at += 2;
      break;
    case DType::float16:
      for (float& value : out) value = from_float16(load<uint16_t>(at)), at += 2;
      break;
  }
}

}  // namespace e2lm
