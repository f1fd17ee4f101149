#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/backend.h"
#include "engine/cpu/amx_scans.h"
#include "engine/cpu/isa.h"
#include "engine/cpu/kept_states.h"
#include "engine/cpu/product.h"
#include "engine/cpu/scan_rows.h"

namespace e2lm::cpu {

// More rows in a wave gain no speed: products are at their best long before.
constexpr int64_t kMaxWaveRows = 4096;

// Of convolved rows, which stay float32 here.
inline Rows floats(ProductRows rows) {
  return {static_cast<float*>(rows.data), rows.stride, rows.width};
}

// The operations of Backend on the host. What they compute is said there; each is implemented in
// the file of its name (norm.cc, scan.cc, ..). Work is cut into pieces that touch different
// outputs, so threads never share a sum.
class CpuBackend final : public Backend {
 public:
  CpuBackend(int threads, Operand operand, Isa isa = choose_isa())
      : threads_(threads),
        isa_(isa),
        amx_(operand == Operand::bfloat16 && isa == Isa::avx512 && has_amx()),
        products_(operand, amx_) {}

  std::unique_ptr<Matrix> matrix(HostMatrix weights) override;
  Array array(std::span<const float> values) override;
  std::unique_ptr<Embedding> embedding(const Tensor& table) override;
  Array activations(int64_t rows, int64_t width) override;
  ProductArray product_rows(int64_t rows, int64_t width) override;
  int64_t product_element_bytes() const override { return operand_bytes(products_.operand()); }
  ProductArray convolved_rows(int64_t rows, int64_t width) override;
  int64_t convolved_element_bytes() const override { return sizeof(float); }
  int64_t weight_bytes() const override { return weight_bytes_; }

  int64_t default_memory_bytes() const override;
  int64_t max_wave_rows() const override { return kMaxWaveRows; }
  MemoryModel memory_model(const StateShape& shape, int64_t activation_bytes_per_row,
                           const PrefixTree& tree) const override;
  std::vector<int64_t> wave_cuts(const PrefixTree&) const override { return {}; }
  void prepare(const StateShape& shape, const PrefixTree& tree, const Schedule& schedule) override;
  void begin_wave(const Wave& wave) override;
  void end_wave(const Wave& wave) override;
  void collect(const Wave&) override {}  // operations are done when they return

  void embed(const Wave& wave, const Embedding& table, float multiplier, Rows hidden) override;
  void rms_norm(const Wave& wave, Rows x, const Array& weight, float eps, ProductRows out) override;
  Rows product(const Wave& wave, ProductRows x, const Matrix& weights, Rows out) override;
  void add_product(const Wave& wave, ProductRows x, const Matrix& weights, Rows hidden) override;
  void attention(const Wave& wave, int64_t layer, Rows q, Rows k, Rows v, float scale,
                 ProductRows out) override;
  void convolve(const Wave& wave, int64_t layer, const MambaWeights& weights, Rows x,
                ProductRows out) override;
  void gated_scan(const Wave& wave, int64_t layer, const MambaWeights& weights,
                  const ScanInputs& inputs, Rows room, ProductRows out) override;
  int64_t gated_room(int64_t) const override { return 0; }
  void gated_product(const Wave& wave, ProductRows x, const Matrix& gate_up, Rows room,
                     ProductRows out) override;
  void logprobs(const Wave& wave, Rows hidden, const Array& norm_weight, float eps,
                const Matrix& head, std::span<TargetScore> scores) override;

  // The parts of attention: turning q or k in place, and all that follows.
  void rope(const Wave& wave, Rows heads);
  void attend(const Wave& wave, int64_t layer, Rows q, Rows k, Rows v, float scale,
              ProductRows out);
  // The parts of the gated scan: y, and its gate.
  void scan(const Wave& wave, int64_t layer, const MambaWeights& weights, ProductRows xbc,
            Rows dt_in, Rows out, const ScanGate* gate = nullptr);
  void gate(const Wave& wave, const MambaWeights& weights, Rows y, Rows z, float scale,
            ProductRows out);

 private:
  // Up to kBlockRows neighbouring rows of one segment: a piece of work.
  struct RowBlock {
    int32_t segment = 0;
    int32_t first = 0;  // within the segment
    int32_t rows = 0;
  };
  static constexpr int32_t kBlockRows = 32;

  // Scratch that operations need for each row of a wave, besides what they are given.
  int64_t scratch_bytes_per_row(const StateShape& shape) const;
  int64_t logprob_bytes_per_row() const;

  // The two kinds of scan: row by row, and by chunks of rows.
  void scan_states(const Wave& wave, int64_t layer, const MambaWeights& weights,
                   const ScanRows& rows);
  void scan_chunks(const Wave& wave, int64_t layer, const MambaWeights& weights,
                   const ScanRows& rows);
  bool has_amx_scan(const StateShape& shape) const { return amx_ && shape.mamba_heads > 0; }
  OperandRows operands(ProductRows rows) const;

  int threads_;
  Isa isa_;
  bool amx_;  // the scan and attention are products in bfloat16, too
  int64_t weight_bytes_ = 0;
  int64_t widest_inputs_ = 0, widest_outputs_ = 0;  // of all matrices
  ProductCache products_;
  StateShape shape_;
  std::vector<float> rotations_;  // [positions, cos (P/2) | sin (P/2)]
  KeptStates kept_;
  std::vector<AmxScan> amx_scans_;  // for all heads
  std::vector<RowBlock> blocks_;    // of the wave, in row order
  std::vector<float> time_steps_;   // of the layer, see ScanRows
};

}  // namespace e2lm::cpu
