#pragma once

// The choice of the instruction set that vector code runs on. What is specific to x86 is here and
// in isa.cc; elsewhere the portable body is the only one.

#define E2LM_INLINE __attribute__((always_inline))

namespace e2lm::cpu {

enum class Isa { portable, avx2, avx512 };

bool has_isa(Isa isa);

// Products of bfloat16 numbers in AVX-512.
bool has_bfloat16_products();

// The widest set the processor has, or the one that the environment variable E2LM_ISA names
// (portable, avx2, avx512). Throws Error if that is unknown or not to be had.
Isa choose_isa();

#if defined(__x86_64__)
template <typename Body>
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))) void run_avx512(
    const Body& body) {
  body();
}
template <typename Body>
__attribute__((target("avx2,fma"))) void run_avx2(const Body& body) {
  body();
}
#endif

// Runs `body`, a lambda marked E2LM_INLINE, compiled for the given instruction set.
// REQUIRES: has_isa(isa).
template <typename Body>
void dispatch(Isa isa, const Body& body) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) return run_avx512(body);
  if (isa == Isa::avx2) return run_avx2(body);
#endif
  body();
}

}  // namespace e2lm::cpu
