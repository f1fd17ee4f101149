#pragma once

#include "engine/backend.h"
#include "engine/cpu/operand_rows.h"

namespace e2lm::cpu {

// A gate without a norm that a scan's results go through: out = scale · y ⊙ SiLU(z).
struct ScanGate {
  Rows z;
  float scale = 1;
  OperandRows out;
};

// What a scan reads and writes, as one thread sees it.
struct ScanRows {
  Rows xbc;
  Rows out;                        // of y, or else
  const ScanGate* gate = nullptr;  // what takes it
  const float* times;              // [R, M, 2]: dt, and dt·A or its exponential
  int64_t heads;
  int64_t size;  // N
};

// Where the scan is made of products, paths are cut into chunks of this many rows, counted from
// their first token.
constexpr int64_t kScanChunk = 64;

}  // namespace e2lm::cpu
