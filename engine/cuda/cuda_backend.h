#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "engine/backend.h"
#include "engine/cuda/kernels.h"
#include "engine/cuda/product.h"
#include "engine/cuda/upload.h"
#include "engine/cuda/wave_buffer.h"
#include "engine/cuda/wave_memory.h"
#include "engine/cuda/wave_plan.h"

namespace e2lm::cuda {

// The operations of Backend on a card. All work is queued on one stream; the host waits only for
// scores, and plans the next wave meanwhile.
//
// Scores have the same bits for the same tree whatever the waves: units (units.h) follow from the
// tree, products from the row alone, and every sum is taken in a fixed order.
class CudaBackend final : public Backend {
 public:
  // Weights may take so many bytes on the card (0: any) before OutOfDeviceMemory is thrown; called
  // off, it takes no more of them.
  CudaBackend(Element element, int64_t weight_limit_bytes, std::stop_token called_off)
      : element_(element),
        weight_limit_bytes_(weight_limit_bytes),
        uploader_(stream_.get(), std::move(called_off)),
        products_(stream_.get()),
        memory_(element) {}
  ~CudaBackend() override;

  std::unique_ptr<Matrix> matrix(HostMatrix weights) override;
  Array array(std::span<const float> values) override;
  std::unique_ptr<Embedding> embedding(const Tensor& table) override;
  Array activations(int64_t rows, int64_t width) override;
  ProductArray product_rows(int64_t rows, int64_t width) override;
  int64_t product_element_bytes() const override { return element_bytes(element_); }
  int64_t weight_bytes() const override { return weights_.bytes; }

  int64_t default_memory_bytes() const override;
  int64_t max_wave_rows() const override { return kMaxWaveRows; }
  bool has_own_memory() const override { return true; }
  MemoryModel memory_model(const StateShape& shape, int64_t activation_bytes_per_row,
                           const PrefixTree& tree) const override;
  std::vector<int64_t> wave_cuts(const PrefixTree& tree) const override;
  void prepare(const StateShape& shape, const PrefixTree& tree, const Schedule& schedule) override;
  void release() override;
  void begin_wave(const Wave& wave) override;
  void end_wave(const Wave&) override {}  // the planner has released what the wave does
  void collect(const Wave& wave) override;

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
  int64_t gated_room(int64_t outputs) const override { return outputs; }
  void gated_product(const Wave& wave, ProductRows x, const Matrix& gate_up, Rows room,
                     ProductRows out) override;
  void logprobs(const Wave& wave, Rows hidden, const Array& norm_weight, float eps,
                const Matrix& head, std::span<TargetScore> scores) override;

  const Products& products() const { return products_; }

 private:
  // Scores on their way to the host.
  struct Pending {
    PinnedMemory records;
    Event there;
    std::span<TargetScore> scores;
  };

  void check_room(int64_t bytes) const;  // for weights, before they are taken
  FloatRows floats(Rows rows) const;
  OperandRows operands(ProductRows rows) const;

  const Element element_;
  const int64_t weight_limit_bytes_;  // 0: none
  OwnedStream stream_;
  Uploader uploader_;
  Products products_;
  WeightSizes weights_;

  std::vector<Unit> units_;
  std::optional<WavePlanner> planner_;
  WavePlan plan_;
  WaveBuffer buffer_;
  WaveRecords wave_ = {};

  WaveMemory memory_;
  std::array<Pending, 2> pending_;
  int next_pending_ = 0, oldest_pending_ = 0;
};

}  // namespace e2lm::cuda
