#include "engine/backend.h"

namespace e2lm {

int64_t StateShape::kept_row_bytes() const {
  return static_cast<int64_t>(sizeof(float)) * layers * 2 * kv_heads * head_width;
}

int64_t StateShape::kept_state_bytes() const {
  const int64_t scan = inner_width() * state_size;
  const int64_t tail = (conv_taps - 1) * conv_channels();
  return mamba_heads == 0 ? 0 : static_cast<int64_t>(sizeof(float)) * layers * (scan + tail);
}

}  // namespace e2lm
