#pragma once

#include <cstdint>
#include <vector>

#include "engine/config.h"

namespace e2lm {

// Cosines and sines of position · frequency for positions below `positions`, as every device turns
// heads with: [positions, cos (P/2) | sin (P/2)]. Angles are rounded to float32 before the sine, as
// in the models' own training code; the sine itself is taken in double.
std::vector<float> rope_rotations(const RopeConfig& rope, int64_t head_width, int32_t positions);

}  // namespace e2lm
