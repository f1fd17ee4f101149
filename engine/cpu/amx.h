#pragma once

#include <cstdint>

#include "engine/cpu/simd.h"

// The tile registers of AMX (Intel 64 and IA-32 Architectures Software Developer's Manual, volume
// 1, chapter 18): eight of 16 rows of 64 bytes, and one instruction that multiplies two of them.
// Written as assembly, which every compiler here takes as it is; elsewhere than on x86 it is never
// reached.

namespace e2lm::cpu {

constexpr int64_t kAmxRows = 16;    // of a register, and columns of a product
constexpr int64_t kAmxInputs = 32;  // bfloat16 numbers in a row

// While one lives, its thread may use the registers. Not within another.
class AmxScope {
 public:
  AmxScope();
  ~AmxScope();
  AmxScope(const AmxScope&) = delete;
  AmxScope& operator=(const AmxScope&) = delete;
};

#if defined(__x86_64__)
template <int kRegister>
E2LM_INLINE inline void amx_clear() {
  asm volatile("tilezero %%tmm%c0" ::"i"(kRegister));
}

// Rows that are `stride` bytes apart.
template <int kRegister>
E2LM_INLINE inline void amx_load(const void* from, int64_t stride) {
  asm volatile("tileloadd (%1,%2,1), %%tmm%c0" ::"i"(kRegister), "r"(from), "r"(stride) : "memory");
}

template <int kRegister>
E2LM_INLINE inline void amx_store(void* to, int64_t stride) {
  asm volatile("tilestored %%tmm%c0, (%1,%2,1)" ::"i"(kRegister), "r"(to), "r"(stride) : "memory");
}

// sums [16, 16] float32 += a [16, 16 pairs] · b [16 pairs, 16 of two]: a pair's products are added
// to each other, then to the sum of the other pairs, then to what was there.
template <int kSums, int kA, int kB>
E2LM_INLINE inline void amx_multiply() {
  asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kSums), "i"(kA), "i"(kB));
}
#else
template <int>
inline void amx_clear() {}
template <int>
inline void amx_load(const void*, int64_t) {}
template <int>
inline void amx_store(void*, int64_t) {}
template <int, int, int>
inline void amx_multiply() {}
#endif

}  // namespace e2lm::cpu
