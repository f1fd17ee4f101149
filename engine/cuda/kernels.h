#pragma once

// Every operation that runs as a kernel of ours: what it computes, on which shapes. Letters are
// those of engine/dims.h. Launchers queue their work and return; C++17, because every CUDA compiler
// must read it. What is computed is said once more, with its sources, in engine/backend.h.

#include <cstdint>

#include "engine/cuda/bfloat16.h"
#include "engine/cuda/device.h"
#include "engine/cuda/records.h"

namespace e2lm::cuda {

// What product inputs are made of.
enum class Element { float32, bfloat16 };
constexpr int64_t element_bytes(Element element) {
  return element == Element::float32 ? sizeof(float) : sizeof(Bfloat16);
}

// Float32 rows; readers multiply column c by scale[c], where there is a scale.
struct FloatRows {
  float* data;
  int64_t stride;  // elements
  int32_t width;
  const float* scale;
};

struct OperandRows {
  void* data;
  int64_t stride;  // elements
  int32_t width;
  Element element;
};

// The wave's records on the device, as WavePlan has them on the host.
struct WaveRecords {
  int32_t rows;
  const int32_t* tokens;
  const int32_t* positions;
  const int32_t* until;
  const int32_t* parent;
  const int32_t* taps;
  const UnitRecord* units;
  const TileRecord* tiles;
  const KeyRecord* keys;
  const StateJob* jobs;
  const int32_t* kept_tails;
  const int32_t* kept_tail_slots;
  const CachedRow* cached_rows;
  const ScoredRecord* scored;
  const int32_t* targets;
  int32_t* spoiled;  // [R] not 0 where a row came to a scan with what is not a finite number
  int32_t unit_count, tile_count, kept_tail_count, cached_row_count, scored_count;
};

// hidden[r] = multiplier · E[token of r]            table [V, D], element's type → hidden [R, D]
struct EmbedTable {
  const void* data;
  Element element;
};
void embed(const WaveRecords& wave, EmbedTable table, float multiplier, FloatRows hidden,
           Stream stream);

// out = x / sqrt(mean(x²) + eps) ⊙ weight                                    [R, D] → [R, D]
// With `scored`, out row i is that of x row scored[i].row.
void rms_norm(FloatRows x, const float* weight, float eps, int32_t rows, const ScoredRecord* scored,
              OperandRows out, Stream stream);

// out[r] = out[r] ⊙ scale + bias, either of which may be null                        [R, width]
void scale_and_add_bias(int32_t rows, const float* scale, const float* bias, FloatRows out,
                        Stream stream);

// out = SiLU(gate) ⊙ up                       gate_up [R, gate (F) | up (F)] → out [R, F]
void mlp_gate(int32_t rows, FloatRows gate_up, OperandRows out, Stream stream);

// out = scale · y ⊙ SiLU(z), with a norm over each of `groups` groups of columns before or after
// the gate                                                                   [R, E] → [R, E]
struct GateRule {
  const float* norm_weight;
  float eps;
  bool norm_before_gate;
  int32_t groups;
  float scale;
};
void norm_gate(int32_t rows, const GateRule& rule, FloatRows y, FloatRows z, OperandRows out,
               Stream stream);

// out = SiLU(bias + Σ_t weight[t] ⊙ x[W-1-t rows before, on the path])        [R, C] → [R, C]
// What is not finite becomes 0 and its row spoiled: in the scan's products rows stand beside others
// that must not become NaN by 0 times NaN. Then the inputs that later waves need go to kept [kept
// states, W-1, C] of this layer.
struct ConvRule {
  const float* weight;  // [W, C]
  const float* bias;    // [C], or null
  int32_t taps;         // W
  float* kept;
};
void convolve(const WaveRecords& wave, const ConvRule& rule, FloatRows x, OperandRows out,
              Stream stream);

// The scan's shapes and weights, and where its states lie.
struct ScanRule {
  int32_t heads, width, state_size, groups;  // M, X, N, G
  const float* decay_rate;                   // [M]
  const float* skip;                         // [M]
  const float* dt_bias;                      // [M]
  float dt_min, dt_max;
  float* layer_states;  // [layer states, M, N, X]
  float* kept_states;   // of this layer: [kept states, M, N, X]
  float* log2_dt;       // scratch [R, M]
  double* log_decay;    // scratch [R, M]
  float* products;      // scratch [seen tiles, G, 64, 64]
};

// dt = clamp(softplus(dt_in + dt_bias)), and the logarithm of the decay since the unit began:
// log_decay[r] = log_decay[row before r in its unit] + dt·A      dt_in [R, M] → rule's scratch
// A spoiled row's log2(dt) is NaN, which whoever sums the row gets from it; its decay is 1.
void time_steps(const WaveRecords& wave, const ScanRule& rule, FloatRows dt_in, Stream stream);

// The states after the parent rows of jobs [first, last), which belong to one level.
void scan_states(const WaveRecords& wave, const ScanRule& rule, OperandRows xbc, int32_t first_job,
                 int32_t last_job, Stream stream);

// products = C·Bᵀ of every tile's rows with those of its unit that it sees, for all heads of a
// group.
void scan_products(const WaveRecords& wave, const ScanRule& rule, OperandRows xbc, Stream stream);

// y of all rows, from their units' first states. xbc [R, x (E) | B (G·N) | C (G·N)] → [R, E]
void scan_outputs(const WaveRecords& wave, const ScanRule& rule, OperandRows xbc, FloatRows out,
                  Stream stream);
// out = scale · y ⊙ SiLU(z) of the same y, for gates without a norm.            → [R, E]
void scan_gated_outputs(const WaveRecords& wave, const ScanRule& rule, OperandRows xbc, FloatRows z,
                        float scale, OperandRows out, Stream stream);

// The heads of a row, each padded to P' columns: q (H·P') | k (K·P') | v (K·P'). What pads them
// must be zero already.
struct HeadRule {
  int32_t query_heads, kv_heads, head_width;  // H, K, P
  const float* rotations;                     // [positions, cos (P/2) | sin (P/2)]
};
E2LM_BOTH constexpr int32_t padded_head(int32_t width) {  // whole pieces of 16 bytes
  return (width + 7) / 8 * 8;
}
constexpr int32_t packed_width(int32_t query_heads, int32_t kv_heads, int32_t head_width) {
  return (query_heads + 2 * kv_heads) * padded_head(head_width);
}

// heads = q and k, turned by the row's position, and v   q [R, H·P] · k, v [R, K·P] → [R, heads]
// Of a row with a key or value that is not finite, all keys are NaN and all values 0: rows that see
// it get NaN from their scores, others nothing from 0 times NaN.
void pack_heads(const WaveRecords& wave, const HeadRule& rule, FloatRows q, FloatRows k,
                FloatRows v, OperandRows heads, Stream stream);

// Per query head h with key/value head h / (H/K), over the keys that the row can see, of the wave
// and of the cache [positions, k (K·P') | v (K·P')]:
// out = scale · softmax(q·kᵀ / sqrt(P)) · v                        [R, heads] → [R, H·P]
constexpr int32_t kWidestHead = 256;  // more than the next needs compute capability 8.0
constexpr int32_t kWidestHeadAnywhere = 128;
void attention(const WaveRecords& wave, const HeadRule& rule, float scale, OperandRows heads,
               const void* cache, OperandRows out, Stream stream);

// Keys and values that later waves see go to the cache; after attention, because a new path may
// overwrite the old one's positions.
void cache_heads(const WaveRecords& wave, const HeadRule& rule, OperandRows heads, void* cache,
                 Stream stream);

// The softmax over the vocabulary, taken in tiles: what is known of a row so far.
struct RowSum {
  double sum;  // Σ exp(z - highest)
  float highest;
  int32_t argmax;  // the first token with it
};

// One tile of logits [rows, columns], `stride` floats from row to row, a multiple of 4; column c is
// token first + c.
constexpr int32_t kMostLogitColumns = 8192;
struct LogitTile {
  const float* data;
  int64_t stride;
  const float* scale;  // [V], or null
  int32_t first;
  int32_t columns;
};
// Takes a tile into the sums of scored rows [first_row, first_row + rows), and picks the logits of
// their targets. The first tile is that with token 0.
void take_logits(const WaveRecords& wave, const LogitTile& tile, int32_t first_row, int32_t rows,
                 RowSum* sums, float* target_logits, Stream stream);
// log p(target) = z[target] - log Σ_v exp z[v]
void finish_logprobs(const WaveRecords& wave, const RowSum* sums, const float* target_logits,
                     ScoreRecord* scores, Stream stream);

}  // namespace e2lm::cuda
