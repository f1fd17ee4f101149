#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/config.h"
#include "engine/device_error.h"
#include "engine/schedule.h"
#include "engine/tensor.h"

namespace e2lm {

// What a device offers: its memory and the operations models are made of, under the same names and
// with the same meaning on every device. Letters in [shapes] are those of dims.h.
//
// Arithmetic: products of float32 inputs accumulate in float32; norms, softmax, scan state and
// log-sum-exp are float32 too. Every operation works on rows independently of how many there are
// and where they lie, so a row's result has the same bits in every wave.

// An array of float32 rows on the device, `stride` floats from row to row.
struct Rows {
  float* data = nullptr;
  int64_t stride = 0;
  int64_t width = 0;
  const float* scale =
      nullptr;  // [width] on the device: readers multiply columns by it; null for 1

  Rows columns(int64_t first, int64_t count) const {
    return {data + first, stride, count, scale ? scale + first : nullptr};
  }
};

// Rows that products read, in the type that the device's products take: float32 or bfloat16.
// Written by the operations whose `out` they are.
struct ProductRows {
  void* data = nullptr;
  int64_t stride = 0;  // elements
  int64_t width = 0;
  int64_t element_bytes = 0;

  ProductRows columns(int64_t first, int64_t count) const {
    return {static_cast<char*>(data) + first * element_bytes, stride, count, element_bytes};
  }
};

// The weights of one product y = (x·Wᵀ) ⊙ scale + bias where they lie in a checkpoint; several
// matrices that share an input are stacked by rows, several that share an output by columns.
struct HostMatrix {
  struct Block {
    const Tensor* tensor = nullptr;  // [outputs, inputs]
    int64_t first_output = 0;
    int64_t first_input = 0;

    int64_t outputs() const { return tensor->shape[0]; }
    int64_t inputs() const { return tensor->shape[1]; }
  };

  int64_t outputs = 0;
  int64_t inputs = 0;
  std::vector<Block> blocks;  // cover W [outputs, inputs]
  std::vector<float> scale;   // [outputs], or empty for 1
  std::vector<float> bias;    // [outputs], or empty for 0

  // Rows [first, first + count) of W in float32 → out [count, inputs].
  void read_weights(int64_t first, int64_t count, float* out) const;
};

// The same on the device, in whatever layout it likes.
class Matrix {
 public:
  virtual ~Matrix() = default;
  int64_t outputs = 0;
  int64_t inputs = 0;
};

// Float32 values on the device; freed with it.
class Array {
 public:
  using Free = void (*)(float*);
  Array() = default;
  Array(float* data, int64_t size, Free free) : data_(data, free), size_(size) {}
  const float* data() const { return data_.get(); }
  float* data() { return data_.get(); }
  int64_t size() const { return size_; }
  // As [R, width]. REQUIRES: size is a multiple of width.
  Rows rows(int64_t width) { return {data_.get(), width, width}; }

 private:
  std::unique_ptr<float, Free> data_{nullptr, [](float*) {}};
  int64_t size_ = 0;
};

// Room for ProductRows of a fixed width.
struct ProductArray {
  Array storage;
  int64_t width = 0;
  int64_t element_bytes = 0;

  ProductRows rows() { return {storage.data(), width, width, element_bytes}; }
};

// The token embedding [V, D] in the checkpoint's own dtype, where the device reads it: on the host
// that is the checkpoint itself, which must live as long.
class Embedding {
 public:
  virtual ~Embedding() = default;
};

// What a model keeps per layer at a branch point, and what rotates its heads.
struct StateShape {
  int64_t layers = 0;
  int64_t query_heads = 0;  // H
  int64_t kv_heads = 0;     // K
  int64_t head_width = 0;   // P
  int64_t mamba_heads = 0;  // M; 0 for a model without Mamba mixers
  int64_t mamba_width = 0;  // X
  int64_t state_size = 0;   // N
  int64_t groups = 1;       // G
  int64_t conv_taps = 1;    // W
  RopeConfig rope;

  int64_t inner_width() const { return mamba_heads * mamba_width; }                  // E
  int64_t conv_channels() const { return inner_width() + 2 * groups * state_size; }  // C
  int64_t kept_row_bytes() const;    // keys and values of one row, all layers
  int64_t kept_state_bytes() const;  // scan state and convolution inputs, all layers
};

// Weights of a layer's Mamba-2 mixer that are not product weights.
struct MambaWeights {
  Array conv_weight;  // [W, C], tap W-1 multiplies the current row
  Array conv_bias;    // [C], or empty
  Array decay_rate;   // [M], A = -exp(A_log)
  Array skip;         // [M], D
  Array dt_bias;      // [M]
  float dt_min = 0;
  float dt_max = 0;
  Array norm_weight;  // [E], or empty where the gate has no norm
  bool norm_before_gate = false;
  float norm_eps = 0;
};

// What a layer's scan and gate read, besides weights.
struct ScanInputs {
  ProductRows xbc;  // [R, x (E) | B (G·N) | C (G·N)]
  Rows dt_in;       // [R, M]
  Rows z;           // [R, E]
  float scale = 1;  // of what comes out
};

// One score: the natural log-probability of a target, and whether it was the arg-max.
struct TargetScore {
  double logprob_nats = 0;
  bool greedy = false;
};

class Backend {
 public:
  virtual ~Backend() = default;

  // ---- memory ----

  virtual std::unique_ptr<Matrix> matrix(HostMatrix weights) = 0;
  virtual Array array(std::span<const float> values) = 0;
  virtual std::unique_ptr<Embedding> embedding(const Tensor& table) = 0;
  // Zeroed rows for activations; room for whole row tiles above `rows`.
  virtual Array activations(int64_t rows, int64_t width) = 0;
  virtual ProductArray product_rows(int64_t rows, int64_t width) = 0;
  virtual int64_t product_element_bytes() const = 0;  // of ProductRows
  // What convolve writes and scan reads: where the scan is not made of products, not of their type.
  virtual ProductArray convolved_rows(int64_t rows, int64_t width) {
    return product_rows(rows, width);
  }
  virtual int64_t convolved_element_bytes() const { return product_element_bytes(); }
  // Bytes of weights resident on the device so far.
  virtual int64_t weight_bytes() const = 0;

  // ---- schedule ----

  // Bytes that a schedule may use if nobody says, and the rows of a wave beyond which more gain no
  // speed.
  virtual int64_t default_memory_bytes() const = 0;
  virtual int64_t max_wave_rows() const = 0;

  // Whether weights lie in memory of the device's own, where the next checkpoint's may come to lie
  // beside them while these are used.
  virtual bool has_own_memory() const { return false; }

  // What waves of `tree` cost here, given what activations cost a row.
  virtual MemoryModel memory_model(const StateShape& shape, int64_t activation_bytes_per_row,
                                   const PrefixTree& tree) const = 0;

  // Rows before which a wave of `tree` may begin, in order, its last row + 1 included; empty for
  // all.
  virtual std::vector<int64_t> wave_cuts(const PrefixTree& tree) const = 0;

  // Called once before the first wave of a schedule, whose tree lives until its last wave has been
  // collected. Throws OutOfDeviceMemory if what its waves need cannot be had; release() gives back
  // what it took until then, so that a schedule of shorter waves has all of the device.
  virtual void prepare(const StateShape& shape, const PrefixTree& tree,
                       const Schedule& schedule) = 0;
  virtual void release() {}

  // Called around every wave; end_wave frees what the wave releases.
  virtual void begin_wave(const Wave& wave) = 0;
  virtual void end_wave(const Wave& wave) = 0;

  // Waits until the scores of a wave are there: of waves that began, in their order, all or all but
  // the latest.
  virtual void collect(const Wave& wave) = 0;

  // ---- operations, in the order a layer uses them ----

  // hidden[r] = multiplier · E[token of r]                                    → hidden [R, D]
  virtual void embed(const Wave& wave, const Embedding& table, float multiplier, Rows hidden) = 0;

  // out = x / sqrt(mean(x²) + eps) ⊙ weight         (Zhang & Sennrich, arXiv:1910.07467)
  virtual void rms_norm(const Wave& wave, Rows x, const Array& weight, float eps,
                        ProductRows out) = 0;

  // out = (x·Wᵀ) ⊙ scale + bias          x [R, inputs], dense · W [outputs, inputs] → [R, outputs]
  // Returns `out` as its readers must take it: a device may leave the scale to them.
  virtual Rows product(const Wave& wave, ProductRows x, const Matrix& weights, Rows out) = 0;

  // hidden += (x·Wᵀ) ⊙ scale + bias      REQUIRES: the scale is the same for all outputs
  virtual void add_product(const Wave& wave, ProductRows x, const Matrix& weights, Rows hidden) = 0;

  // Component i and i + P/2 of every head of q and k are turned by position · frequency[i]
  // (RoFormer, arXiv:2104.09864, in the half-split layout of GPT-NeoX), in place where a device
  // likes. Then, per query head h with key/value head h / (H/K), over the row's whole path:
  // out = scale · softmax(q·kᵀ / sqrt(P)) · v        q [R, H·P] · k, v [R, K·P] → out [R, H·P]
  virtual void attention(const Wave& wave, int64_t layer, Rows q, Rows k, Rows v, float scale,
                         ProductRows out) = 0;

  // out = SiLU(bias + Σ_t weight[t] ⊙ x[W-1-t rows before, on the path])        [R, C] → [R, C]
  virtual void convolve(const Wave& wave, int64_t layer, const MambaWeights& weights, Rows x,
                        ProductRows out) = 0;

  // The selective scan of Mamba-2 (Dao & Gu, arXiv:2405.21060), row by row along each path. Head m
  // of group g = m / (M/G), with dt = clamp(softplus(dt_in + dt_bias), limits):
  //   S ← exp(dt·A) S + dt · B_g xᵀ        S [N, X]
  //   y = Sᵀ C_g + D x
  // Then the mixer's gate: out = scale · y ⊙ SiLU(z), with a norm over each of G groups of columns
  // before or after the gate where the weights have one.
  // xbc [R, x (E) | B (G·N) | C (G·N)] · dt_in [R, M] · z [R, E] → out [R, E]
  // `room` [R, E] is for what a device wants to write of y.
  virtual void gated_scan(const Wave& wave, int64_t layer, const MambaWeights& weights,
                          const ScanInputs& inputs, Rows room, ProductRows out) = 0;

  // out = SiLU(gate) ⊙ up, with [gate (F) | up (F)] = (x·Wᵀ) ⊙ scale + bias      → [R, F]
  // The halves of W [2F, inputs] are tensors of their own. `room` is activations of gated_room(2F)
  // floats a row, which a device may want for what it multiplies.
  virtual int64_t gated_room(int64_t outputs) const = 0;
  virtual void gated_product(const Wave& wave, ProductRows x, const Matrix& gate_up, Rows room,
                             ProductRows out) = 0;

  // For every scored row, with h its normed hidden row and logits z = W_head·h:
  //   log p(target) = z[target] - log Σ_v exp z[v]
  // computed over tiles of the vocabulary; logits exist for one tile at a time.
  // hidden [R, D] → scores, one per target of the wave, there once the wave is collected.
  virtual void logprobs(const Wave& wave, Rows hidden, const Array& norm_weight, float eps,
                        const Matrix& head, std::span<TargetScore> scores) = 0;
};

}  // namespace e2lm
