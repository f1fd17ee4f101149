#pragma once

#include <memory>

#include "engine/model.h"

namespace e2lm {

// Falcon-H1 (arXiv:2507.22448): in every layer attention and a Mamba-2 mixer read the same normed
// input, their outputs are summed into the residual stream, and a gated MLP follows.
std::unique_ptr<Model> bind_falcon_h1(const Checkpoint& checkpoint, Backend& backend);

}  // namespace e2lm
