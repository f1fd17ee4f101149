#pragma once

#include <cstdint>
#include <map>

#include "base/file.h"

namespace e2lm {

// Training tokens after `step` iterations of the E2LM competition's dense models: sequences of 4096
// tokens, a global batch of 1024 that ramps through 256, 512 and 768 over the first 4,882,812
// samples in three equal phases (starter kit notebook 5).
double e2lm_tokens(int64_t step);

// A table "step,tokens" or "step tokens" a line; blank lines, lines that begin with # and a heading
// of these two words are passed over. Throws Error naming file and line, also where a step has two
// numbers of tokens.
std::map<int64_t, double> read_token_table(const Path& path);

}  // namespace e2lm
