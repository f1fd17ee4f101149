#pragma once

#include <cstdint>

#include "engine/backend.h"
#include "engine/cpu/amx_pairs.h"

namespace e2lm::cpu {

// Memory that the caches fetch while products are computed: the processor alone would wait for it.
class AmxAhead {
 public:
  AmxAhead() = default;
  // What will be read next, after all that is at hand.
  static AmxAhead to_read(const void* data, int64_t bytes) { return {data, bytes, 0, 1, false}; }
  // Where `rows` rows will be written at once.
  static AmxAhead to_write(const Rows& out, int64_t rows) {
    constexpr int64_t kFloat = sizeof(float);
    return {out.data, out.width * kFloat, out.stride * kFloat, rows, true};
  }

  E2LM_INLINE void fetch(int64_t lines) {
    for (; lines > 0 && left_ > 0; --lines, --left_) {
      if (write_) {
        __builtin_prefetch(line_, 1, 3);
      } else {
        __builtin_prefetch(line_, 0, 2);
      }
      line_ += kLine;
      if (--in_row_ > 0) continue;
      in_row_ = lines_;
      line_ = row_ += stride_;
    }
  }

 private:
  AmxAhead(const void* data, int64_t bytes, int64_t stride, int64_t rows, bool write)
      : line_(static_cast<const char*>(data)),
        row_(line_),
        lines_((bytes + kLine - 1) / kLine),
        stride_(stride),
        left_(lines_ * rows),
        in_row_(lines_),
        write_(write) {}

  static constexpr int64_t kLine = 64;  // bytes
  const char *line_ = nullptr, *row_ = nullptr;
  int64_t lines_ = 0, stride_ = 0, left_ = 0, in_row_ = 0;  // lines of a row, bytes, lines
  bool write_ = false;
};

// Products of bfloat16 matrices in the registers of AMX, with sums in float32: of panels of
// weights, and in the scan and attention, whose matrices are made on the way. A row's sums take its
// inputs in order, 32 at a time, whatever rows stand beside it.
//
// out [rows, outputs] (+)= x [rows, inputs] · w, for the first `inputs` inputs of w. Rows are read
// and written to the next multiple of 16, outputs likewise, inputs to that of 32.
// REQUIRES: an AmxScope.
struct AmxProduct {
  const uint16_t* x = nullptr;
  int64_t x_stride = 0;  // numbers
  AmxPairs w;
  float* out = nullptr;
  int64_t out_stride = 0;
  bool add = false;
  AmxAhead* next_weights = nullptr;
  AmxAhead* places = nullptr;

  void multiply(int64_t rows, int64_t inputs, int64_t outputs) const;
};

}  // namespace e2lm::cpu
