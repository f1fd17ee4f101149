#pragma once

#include "engine/backend.h"

namespace e2lm {

// Layers, attention heads and their rotation, which all families spell alike in config.json. Throws
// Error naming the key where they do not agree.
StateShape read_attention_shape(const ConfigReader& config);

}  // namespace e2lm
