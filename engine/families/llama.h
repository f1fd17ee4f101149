#pragma once

#include <memory>

#include "engine/model.h"

namespace e2lm {

// Llama (arXiv:2302.13971, 2407.21783): attention with grouped queries, then a gated MLP.
std::unique_ptr<Model> bind_llama(const Checkpoint& checkpoint, Backend& backend);

}  // namespace e2lm
