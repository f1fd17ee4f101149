#include "engine/backend.h"

#include <algorithm>

namespace e2lm {

int64_t StateShape::kept_row_bytes() const {
  return static_cast<int64_t>(sizeof(float)) * layers * 2 * kv_heads * head_width;
}

int64_t StateShape::kept_state_bytes() const {
  const int64_t scan = inner_width() * state_size;
  const int64_t tail = (conv_taps - 1) * conv_channels();
  return mamba_heads == 0 ? 0 : static_cast<int64_t>(sizeof(float)) * layers * (scan + tail);
}

void HostMatrix::read_weights(int64_t first, int64_t count, float* out) const {
  for (const Block& block : blocks) {
    const int64_t begin = std::max(first, block.first_output);
    const int64_t end = std::min(first + count, block.first_output + block.outputs());
    for (int64_t output = begin; output < end; ++output) {
      read_floats(*block.tensor, (output - block.first_output) * block.inputs(),
                  {out + (output - first) * inputs + block.first_input,
                   static_cast<size_t>(block.inputs())});
    }
  }
}

}  // namespace e2lm
