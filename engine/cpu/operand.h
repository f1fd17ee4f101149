#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/cpu/isa.h"
#include "engine/precision.h"

namespace e2lm::cpu {

// What the inputs and weights of a tile product are.
enum class Operand {
  float32,   // multiplied by multiply_floats
  bfloat16,  // two bytes each, multiplied by oneDNN with the processor's own instructions
  rounded,   // bfloat16 values held as float32, for processors that lack those
};

Operand choose_operand(Precision precision);
int64_t operand_bytes(Operand operand);

// Writes `count` floats as operands.
void write_operands(Isa isa, Operand operand, const float* x, int64_t count, std::byte* out);

}  // namespace e2lm::cpu
