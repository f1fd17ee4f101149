#pragma once

// The choice of the instruction set that vector code (simd.h) runs on.

namespace e2lm::cpu {

enum class Isa { portable, avx2, avx512 };

bool has_isa(Isa isa);

// Products of bfloat16 numbers in AVX-512.
bool has_bfloat16_products();

// Whether oneDNN multiplies them faster than float32 numbers: with AMX, and on AMD's processors. On
// Intel's without AMX, which virtual machines often hide, they run at two thirds of that rate.
bool has_fast_bfloat16_products();

// Whether bfloat16 products may use the tile registers of AMX: the processor has them, the kernel
// gives them to this process, and ONEDNN_MAX_CPU_ISA does not forbid them.
bool has_amx();

// The widest set the processor has, or the one that the environment variable E2LM_ISA names
// (portable, avx2, avx512). Throws Error if that is unknown or not to be had.
Isa choose_isa();

}  // namespace e2lm::cpu
