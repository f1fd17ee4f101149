// One of targets.h as libFuzzer calls it.

#include <cstddef>
#include <cstdint>

#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  e2lm::fuzz::E2LM_FUZZ_TARGET({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
