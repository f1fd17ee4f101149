#pragma once

// Every operation that runs as a kernel of ours: what it computes, on which shapes. Letters are
// those of engine/dims.h. Launchers queue their work and return; C++17, because every CUDA compiler
// must read it. What is computed is said once more, with its sources, in engine/backend.h.

#include <cstdint>

#include "engine/cuda/device.h"
#include "engine/cuda/records.h"

namespace e2lm::cuda {

// What product inputs are made of.
enum class Element { float32, bfloat16 };

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

// x = x ⊙ scale, then turned by the row's position; rotations [positions, cos (P/2) | sin (P/2)]
void rope(const WaveRecords& wave, const float* rotations, int32_t head_width, FloatRows heads,
          Stream stream);

// out[r] = out[r] ⊙ scale + bias, either of which may be null                        [R, width]
void scale_and_add_bias(int32_t rows, const float* scale, const float* bias, FloatRows out,
                        Stream stream);

// out = SiLU(gate) ⊙ up                       gate_up [R, gate (F) | up (F)] → out [R, F]
void mlp_gate(int32_t rows, FloatRows gate_up, OperandRows out, Stream stream);

// out = scale · y ⊙ SiLU(z), with a norm over each of `groups` groups of columns before or after
// the gate where norm_weight is not null                                     [R, E] → [R, E]
struct GateRule {
  const float* norm_weight;
  float eps;
  bool norm_before_gate;
  int32_t groups;
  float scale;
};
void gate(int32_t rows, const GateRule& rule, FloatRows y, FloatRows z, OperandRows out,
          Stream stream);

// out = SiLU(bias + Σ_t weight[t] ⊙ x[W-1-t rows before, on the path])        [R, C] → [R, C]
// Then the inputs that later waves need go to kept [kept states, W-1, C] of this layer.
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
  float* dt;            // scratch [R, M]
  double* log_decay;    // scratch [R, M]
};

// dt = clamp(softplus(dt_in + dt_bias)), and the logarithm of the decay since the unit began:
// log_decay[r] = log_decay[row before r in its unit] + dt·A      dt_in [R, M] → rule's scratch
void time_steps(const WaveRecords& wave, const ScanRule& rule, FloatRows dt_in, Stream stream);

// The states after the parent rows of jobs [first, last), which belong to one level.
void scan_states(const WaveRecords& wave, const ScanRule& rule, OperandRows xbc, int32_t first_job,
                 int32_t last_job, Stream stream);

// y of all rows, from their units' first states. xbc [R, x (E) | B (G·N) | C (G·N)] → [R, E]
void scan_outputs(const WaveRecords& wave, const ScanRule& rule, OperandRows xbc, FloatRows out,
                  Stream stream);

// Per query head h with key/value head h / (H/K), over the keys that the row can see:
// out = scale · softmax(q·kᵀ / sqrt(P)) · v          q [R, H·P] · k, v [R, K·P] → out [R, H·P]
// Then keys and values that later waves see go to the cache [positions, k (K·P) | v (K·P)] of this
// layer, in the type of `out`.
struct AttentionRule {
  int32_t query_heads, kv_heads, head_width;  // H, K, P
  float scale;
  void* cache;
};
constexpr int32_t kWidestHead = 256;  // more than the next needs compute capability 8.0
constexpr int32_t kWidestHeadAnywhere = 128;
void attention(const WaveRecords& wave, const AttentionRule& rule, FloatRows q, FloatRows k,
               FloatRows v, OperandRows out, Stream stream);

// The softmax over the vocabulary, taken in tiles: what is known of a row so far.
struct RowSum {
  double sum;  // Σ exp(z - highest)
  float highest;
  int32_t argmax;  // the first token with it
};

// One tile of logits [rows, columns], `stride` floats from row to row; column c is token first + c.
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
