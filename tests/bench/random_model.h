#pragma once

#include <string_view>
#include <vector>

#include "base/file.h"
#include "engine/request.h"

namespace e2lm {

// Geometries of real models, to be filled with random weights; falcon-h1-3b besides, which a
// processor is too slow for.
inline constexpr std::string_view kGeometries[] = {"falcon-h1-0.5b", "falcon-h1-1.5b", "dense-1b",
                                                   "smollm2-135m"};

// Writes config.json and bfloat16 weights of a geometry into a folder: uniform draws of
// variance 1/inputs, from a fixed seed.
void write_random_model(std::string_view geometry, const Path& folder);

// One request of `tokens` inputs whose last token is scored, from a fixed seed.
TokenRequest random_request(int64_t tokens, int64_t vocabulary, uint32_t seed);

// Floating-point operations of a token's matrix products without the head, a multiply-add as two,
// and those of the head.
double product_flops_per_token(std::string_view geometry);
double head_flops_per_token(std::string_view geometry);

}  // namespace e2lm
