#pragma once

#include <cstdint>
#include <string>

namespace e2lm {

// Bytes of this process that lie in memory: now, and at most so far. Pages of mapped files count
// while they are there.
int64_t resident_bytes();
int64_t peak_resident_bytes();

// What the process may still take without others being swapped out or itself being killed: pages of
// files that the system would drop count, limits of containers and batch jobs hold.
int64_t available_memory_bytes();

// Bytes as people read them: "943 KiB", "3.8 MiB", "38 MiB", "1.46 GiB".
std::string format_bytes(int64_t bytes);

}  // namespace e2lm
