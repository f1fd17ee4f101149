#pragma once

namespace e2lm {

constexpr const char* kVersion = "0.1.0";

}  // namespace e2lm
