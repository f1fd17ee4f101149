#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/for_each_row.h"

namespace e2lm::cpu {

void CpuBackend::rope(const Wave& wave, Rows heads) {
  const int64_t half = shape_.head_width / 2;
  for_each_row(threads_, isa_, wave.rows(), [&](auto, int64_t r) E2LM_INLINE {
    const float* cos = rotations_.data() + int64_t{wave.positions[r]} * 2 * half;
    const float* sin = cos + half;
    float* row = heads.data + r * heads.stride;
    for (float* head = row; head < row + heads.width; head += 2 * half) {
      for (int64_t i = 0; i < half; ++i) {
        const float a = head[i], b = head[half + i];
        head[i] = a * cos[i] - b * sin[i];
        head[half + i] = b * cos[i] + a * sin[i];
      }
    }
  });
}

}  // namespace e2lm::cpu
