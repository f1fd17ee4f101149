#pragma once

#include <vector>

#include "base/file.h"
#include "engine/tensor.h"

namespace e2lm {

// A safetensors file, mapped. Layout:
//
//   8 bytes   little-endian length n of the header
//   n bytes   JSON: {"name": {"dtype": "BF16", "shape": [..], "data_offsets": [begin, end]}, ..},
//             optionally "__metadata__": {string: string}
//   rest      the tensors' bytes; offsets count from here
//
// Rule for damage: the header is hostile input. Every length is checked before it is used; the
// tensors must tile the data exactly (no overlap, no gap, nothing beyond the end); an unknown dtype
// or a malformed entry is an Error naming file and tensor. No tensor data is looked at.
class SafetensorsFile {
 public:
  static SafetensorsFile open(const Path& path);

  const std::vector<Tensor>& tensors() const { return tensors_; }  // sorted by name
  const MappedFile& file() const { return file_; }

 private:
  explicit SafetensorsFile(MappedFile file) : file_(std::move(file)) {}

  MappedFile file_;
  std::vector<Tensor> tensors_;
};

}  // namespace e2lm
