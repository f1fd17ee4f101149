#include "engine/safetensors.h"

#include <vector>

#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace e2lm::fuzz {

void safetensors(std::string_view file) {
  const Path path = put("model.safetensors", file);
  allow_errors([&] {
    const SafetensorsFile opened = SafetensorsFile::open(path);
    for (const Tensor& tensor : opened.tensors()) {
      std::vector<float> values(std::min<int64_t>(tensor.elements(), 1000));
      read_floats(tensor, tensor.elements() - std::ssize(values), values);
      tensor.describe();
    }
  });
}

}  // namespace e2lm::fuzz
