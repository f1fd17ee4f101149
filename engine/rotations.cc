#include "engine/rotations.h"

#include <cmath>

namespace e2lm {

std::vector<float> rope_rotations(const RopeConfig& rope, int64_t head_width, int32_t positions) {
  const int64_t half = head_width / 2;
  const std::vector<float> frequencies = rope_frequencies(rope, head_width);
  std::vector<float> rotations(int64_t{positions} * 2 * half);
  for (int64_t position = 0; position < positions; ++position) {
    float* row = rotations.data() + position * 2 * half;
    for (int64_t i = 0; i < half; ++i) {
      const float angle = static_cast<float>(position) * frequencies[i];
      row[i] = static_cast<float>(std::cos(static_cast<double>(angle)));
      row[half + i] = static_cast<float>(std::sin(static_cast<double>(angle)));
    }
  }
  return rotations;
}

}  // namespace e2lm
