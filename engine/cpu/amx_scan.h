#pragma once

#include <vector>

#include "engine/cpu/amx_product.h"
#include "engine/cpu/amx_states.h"
#include "engine/cpu/kept_states.h"
#include "engine/cpu/scan_rows.h"

namespace e2lm::cpu {

// The scan as matrix products in bfloat16, in the chunked form of Mamba-2 (Dao & Gu,
// arXiv:2405.21060, section 6). A path is cut into chunks of kScanChunk rows, counted from its
// first token. With a_j = dt_j·A summed up from the chunk's first row on, and S the state before
// it,
//
//   y_i = exp(a_i) C_i·S + Σ_{j <= i} (C_i·B_j) exp(a_i - a_j) dt_j x_j
//   S'  = exp(a_last) S + Σ_j B_jᵀ exp(a_last - a_j) dt_j x_j
//
// so what a row gets depends on its path alone, wherever that branches and waves end. States and
// all sums are float32.
//
// One works on some neighbouring heads of one group, through all segments of a wave in order. It is
// for one thread at a time, and keeps its room from layer to layer.
class AmxScan {
 public:
  struct Heads {
    int64_t first = 0;
    int64_t count = 0;
  };

  // What is there of a layer, for all heads.
  struct Layer {
    int64_t number = 0;
    const float* skip = nullptr;  // [M], D
    KeptStates* kept = nullptr;
  };

  AmxScan(Isa isa, const StateShape& shape, Heads heads);

  void run(const Wave& wave, const ScanRows& rows, const Layer& layer);

 private:
  // Rows of a path.
  struct Chunk {
    explicit Chunk(const AmxScan& scan);
    const float* rows[kScanChunk] = {};   // xbc of each; null behind the path's last
    const float* times[kScanChunk] = {};  // [M, (dt, dt·A)]
    std::vector<uint16_t> b;              // pairs [N, rows]
    std::vector<uint16_t> x;              // pairs [rows, X] of each head
    std::vector<float> dt, sums;          // of each head: [rows], and those of dt·A up to the row
  };

  int64_t finite_rows(int64_t first_row, int64_t count) const;
  Chunk& chunk_at(int64_t position);
  void begin(const Wave& wave, int32_t s);
  void load_kept(int32_t slot, int64_t position);
  void keep_at(int32_t slot, int64_t position);
  void take_row(Chunk& chunk, int64_t i, const float* row, const float* times);
  void end_rows(Chunk& chunk, int64_t first, int64_t end);
  void put_out(Chunk& chunk, int64_t first, int64_t end, int64_t first_row);
  void fetch(int64_t head, int64_t count, int64_t first_row) const;
  void put_head(const Chunk& chunk, int64_t head, int64_t first, int64_t count, int64_t first_row);
  void weigh(const Chunk& chunk, int64_t head, int64_t first, int64_t end);
  void advance(Chunk& chunk);

  AmxPairs b_pairs(Chunk& chunk) const;
  AmxPairs x_pairs(Chunk& chunk, int64_t head) const;
  int64_t x_column(int64_t head) const { return (heads_.first + head) * width_; }

  Isa isa_;
  Heads heads_;
  ScanRows rows_ = {};
  Layer layer_;
  int64_t width_, size_;          // X, N
  int64_t channels_, all_heads_;  // C, M
  int64_t b_column_, c_column_;   // of xbc
  int64_t first_chunk_ = 0;       // of the path in this wave
  std::vector<Chunk> chunks_;     // from that one on; behind the path's end of others
  AmxStates states_;
  std::vector<uint16_t> b_row_;         // B of a row [N]
  std::vector<uint16_t> c_;             // C of the rows at hand [rows, N]
  std::vector<float> products_;         // C·Bᵀ of them [rows, kScanChunk]
  std::vector<uint16_t> weights_;       // what they take of each x [rows, kScanChunk]
  std::vector<float> y_;                // [rows, X]
  std::vector<uint16_t> b_transposed_;  // [N, kScanChunk]
  std::vector<uint16_t> weighed_;       // x as S' takes it, pairs [kScanChunk, X]
};

}  // namespace e2lm::cpu
