#pragma once

#include <cstdint>
#include <string>

namespace e2lm {

// Bytes of this process that lie in memory: now, and at most so far. Pages of mapped files count
// while they are there.
int64_t resident_bytes();
int64_t peak_resident_bytes();

// Bytes as people read them: "943 KiB", "3.8 MiB", "38 MiB", "1.46 GiB".
std::string format_bytes(int64_t bytes);

}  // namespace e2lm
