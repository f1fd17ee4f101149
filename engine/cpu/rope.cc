#include <cmath>

#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/for_each_row.h"

namespace e2lm::cpu {

// rotations_ [positions, cos (P/2) | sin (P/2)]. Angles are rounded to float32 before the sine, as
// in the models' own training code; the sine itself is taken in double.
void CpuBackend::prepare_rotations(int32_t positions) {
  const int64_t half = shape_.head_width / 2;
  const std::vector<float> frequencies = rope_frequencies(shape_.rope, shape_.head_width);
  rotations_.resize(int64_t{positions} * 2 * half);
  for (int64_t position = 0; position < positions; ++position) {
    float* row = rotations_.data() + position * 2 * half;
    for (int64_t i = 0; i < half; ++i) {
      const float angle = static_cast<float>(position) * frequencies[i];
      row[i] = static_cast<float>(std::cos(static_cast<double>(angle)));
      row[half + i] = static_cast<float>(std::sin(static_cast<double>(angle)));
    }
  }
}

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
