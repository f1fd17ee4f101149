#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/backend.h"
#include "engine/cpu/isa.h"
#include "engine/cpu/kept_states.h"
#include "engine/cpu/product.h"

namespace e2lm::cpu {

// The operations of Backend on the host. What they compute is said there; each is implemented in
// the file of its name (norm.cc, scan.cc, ..). Work is cut into pieces that touch different
// outputs, so threads never share a sum.
class CpuBackend final : public Backend {
 public:
  CpuBackend(int threads, Operand operand, Isa isa = choose_isa())
      : threads_(threads), isa_(isa), products_(operand) {}

  std::unique_ptr<Matrix> matrix(HostMatrix weights) override;
  Array array(std::span<const float> values) override;
  Array activations(int64_t rows, int64_t width) override;
  int64_t weight_bytes() const override { return weight_bytes_; }
  int64_t scratch_bytes_per_row(const StateShape& shape) const override;

  void prepare(const StateShape& shape, int32_t slots, int32_t positions) override;
  void begin_wave(const Wave& wave) override;
  void end_wave(const Wave& wave) override;

  void embed(const Wave& wave, const EmbeddingTable& table, float multiplier, Rows hidden) override;
  void rms_norm(const Wave& wave, Rows x, const Array& weight, float eps, Rows out) override;
  void product(const Wave& wave, Rows x, const Matrix& weights, Rows out) override;
  void add_product(const Wave& wave, Rows x, const Matrix& weights, Rows hidden) override;
  void rope(const Wave& wave, Rows heads) override;
  void attention(const Wave& wave, int64_t layer, Rows q, Rows k, Rows v, float scale,
                 Rows out) override;
  void convolve(const Wave& wave, int64_t layer, const MambaWeights& weights, Rows x,
                Rows out) override;
  void scan(const Wave& wave, int64_t layer, const MambaWeights& weights, Rows xbc, Rows dt_in,
            Rows out) override;
  void gate(const Wave& wave, const MambaWeights& weights, Rows y, Rows z, float scale,
            Rows out) override;
  void mlp_gate(const Wave& wave, Rows gate_up, Rows out) override;
  void logprobs(const Wave& wave, Rows hidden, const Array& norm_weight, float eps,
                const Matrix& head, std::span<TargetScore> scores) override;

 private:
  // Up to kBlockRows neighbouring rows of one segment: a piece of work.
  struct RowBlock {
    int32_t segment = 0;
    int32_t first = 0;  // within the segment
    int32_t rows = 0;
  };
  static constexpr int32_t kBlockRows = 32;

  void prepare_rotations(int32_t positions);
  int64_t logprob_bytes_per_row() const;

  // x [rows, inputs], dense and readable up to a whole tile, as operands. Valid until the next
  // call.
  OperandRows operands(int64_t rows, Rows x);

  int threads_;
  Isa isa_;
  int64_t weight_bytes_ = 0;
  int64_t widest_inputs_ = 0, widest_outputs_ = 0;  // of all matrices
  ProductCache products_;
  StateShape shape_;
  std::vector<float> rotations_;  // [positions, cos (P/2) | sin (P/2)]
  KeptStates kept_;
  std::vector<RowBlock> blocks_;     // of the wave, in row order
  std::vector<float> time_steps_;    // of the layer: [R, M, (dt, exp(dt·A))]
  std::vector<std::byte> operands_;  // of the product, where they are not the floats themselves
};

}  // namespace e2lm::cpu
