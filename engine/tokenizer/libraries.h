#pragma once

#include <string>

namespace e2lm {

// The libraries that decide, besides this program, which ids a text has: "ICU 72.1, Oniguruma
// 6.9.8". They are loaded with it, and may be others tomorrow.
std::string tokenizer_libraries();

}  // namespace e2lm
