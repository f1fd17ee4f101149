#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace e2lm {

enum class DType { float32, bfloat16, float16 };

// "F32", "BF16", "F16": the names safetensors uses.
std::string_view dtype_name(DType dtype);
int64_t dtype_bytes(DType dtype);

// A tensor of a checkpoint, read where it lies in the mapped file. The bytes may be unaligned.
struct Tensor {
  std::string name;
  DType dtype = DType::float32;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;

  int64_t elements() const;
  std::string describe() const;  // "BF16 [1024, 64]"
};

// Elements [first, first + out.size()) of a tensor, widened to float32 (exact for every dtype).
void read_floats(const Tensor& tensor, int64_t first, std::span<float> out);

}  // namespace e2lm
