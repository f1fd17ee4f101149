#pragma once

#include <span>

#include "engine/cpu/amx_product.h"
#include "engine/cpu/key_chunks.h"
#include "engine/cpu/query.h"

namespace e2lm::cpu {

// A chunk's keys as the right-hand side [P, kChunkKeys] of scores, and its values as that
// [kChunkKeys, P] of their weighted sum, in bfloat16.
struct AmxLayout {
  using Element = uint16_t;
  Isa isa;
  int64_t width;  // P

  int64_t key_elements() const { return AmxPairs::numbers(width, kChunkKeys); }
  int64_t value_elements() const { return AmxPairs::numbers(kChunkKeys, width); }
  AmxPairs keys(uint16_t* k) const { return {k, round_up(width, kAmxInputs)}; }
  AmxPairs values(uint16_t* v) const { return {v, kChunkKeys}; }
  void copy_row(uint16_t* k, uint16_t* v, int64_t i, const float* key, const float* value) const;
};

// Attention of one key/value head along one path after the other, with queries, keys, softmax
// weights and values in bfloat16 and everything between in float32.
class AmxAttention {
 public:
  // Scores are scale · q·k.
  AmxAttention(Isa isa, int64_t head_width, float scale);

  // Queries look at the path's keys, the later ones at no fewer. Their sums must lie one behind the
  // other, [.., kLanes · vectors of P], with room for a register of queries behind them.
  void attend(Path path, std::span<Query> queries);

 private:
  // Two registers of queries work together: what they see of a chunk stays in the nearest cache.
  static constexpr int64_t kGroup = 2 * kAmxRows;

  bool finite_values(const Path& path, int64_t first, int64_t end) const;
  void attend_together(std::span<Query> queries);
  void attend_chunk(std::span<Query> queries, const uint16_t* q, int64_t first_key,
                    KeyChunks<AmxLayout>::Chunk& chunk);

  AmxScope scope_;
  Isa isa_;
  AmxLayout layout_;
  float scale_;
  KeyChunks<AmxLayout> chunks_;
  std::vector<uint16_t> q_;        // [queries, P]
  std::vector<float> scores_;      // [kGroup, kChunkKeys]
  std::vector<uint16_t> weights_;  // likewise
};

}  // namespace e2lm::cpu
