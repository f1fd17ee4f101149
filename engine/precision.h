#pragma once

#include <string_view>

namespace e2lm {

// What matrix products are made of: inputs and weights of this type, sums in float32. Everything
// else (residual stream, norms, softmax, scan, log-sum-exp) is float32 always.
enum class Precision { float32, bfloat16 };

std::string_view precision_name(Precision precision);

}  // namespace e2lm
