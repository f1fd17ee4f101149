#pragma once

#include <string_view>

namespace e2lm {

// What matrix products are made of: inputs and weights of this type, sums in float32. On cards and
// on processors with AMX the scan and attention are such products, too. Everything else (residual
// stream, norms, softmax, scan states, log-sum-exp) is float32 always.
enum class Precision { float32, bfloat16 };

std::string_view precision_name(Precision precision);

}  // namespace e2lm
