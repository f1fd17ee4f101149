#include "tests/bench/operation_times.h"

#include <algorithm>
#include <chrono>

#include "engine/schedule.h"

namespace e2lm {

// A backend that times every operation of another.
class OperationTimer::TimedBackend final : public Backend {
 public:
  TimedBackend(Backend& timed, std::function<void()> wait)
      : timed_(timed), wait_(std::move(wait)) {}

  std::vector<OperationTime> take_times() { return std::move(times_); }

  std::unique_ptr<Matrix> matrix(HostMatrix weights) override {
    return timed_.matrix(std::move(weights));
  }
  Array array(std::span<const float> values) override { return timed_.array(values); }
  std::unique_ptr<Embedding> embedding(const Tensor& table) override {
    return timed_.embedding(table);
  }
  Array activations(int64_t rows, int64_t width) override {
    return timed_.activations(rows, width);
  }
  ProductArray product_rows(int64_t rows, int64_t width) override {
    return timed_.product_rows(rows, width);
  }
  int64_t product_element_bytes() const override { return timed_.product_element_bytes(); }
  ProductArray convolved_rows(int64_t rows, int64_t width) override {
    return timed_.convolved_rows(rows, width);
  }
  int64_t convolved_element_bytes() const override { return timed_.convolved_element_bytes(); }
  int64_t weight_bytes() const override { return timed_.weight_bytes(); }
  int64_t default_memory_bytes() const override { return timed_.default_memory_bytes(); }
  int64_t max_wave_rows() const override { return timed_.max_wave_rows(); }
  MemoryModel memory_model(const StateShape& shape, int64_t activation_bytes_per_row,
                           const PrefixTree& tree) const override {
    return timed_.memory_model(shape, activation_bytes_per_row, tree);
  }
  std::vector<int64_t> wave_cuts(const PrefixTree& tree) const override {
    return timed_.wave_cuts(tree);
  }
  void prepare(const StateShape& shape, const PrefixTree& tree, const Schedule& schedule) override {
    timed_.prepare(shape, tree, schedule);
  }
  void release() override { timed_.release(); }
  int64_t gated_room(int64_t outputs) const override { return timed_.gated_room(outputs); }

  void begin_wave(const Wave& wave) override {
    time("begin_wave", [&] { timed_.begin_wave(wave); });
  }
  void end_wave(const Wave& wave) override {
    time("end_wave", [&] { timed_.end_wave(wave); });
  }
  void collect(const Wave& wave) override {
    time("collect", [&] { timed_.collect(wave); });
  }
  void embed(const Wave& wave, const Embedding& table, float multiplier, Rows hidden) override {
    time("embed", [&] { timed_.embed(wave, table, multiplier, hidden); });
  }
  void rms_norm(const Wave& wave, Rows x, const Array& weight, float eps,
                ProductRows out) override {
    time("rms_norm", [&] { timed_.rms_norm(wave, x, weight, eps, out); });
  }
  Rows product(const Wave& wave, ProductRows x, const Matrix& weights, Rows out) override {
    time("product", [&] { out = timed_.product(wave, x, weights, out); });
    return out;
  }
  void add_product(const Wave& wave, ProductRows x, const Matrix& weights, Rows hidden) override {
    time("add_product", [&] { timed_.add_product(wave, x, weights, hidden); });
  }
  void attention(const Wave& wave, int64_t layer, Rows q, Rows k, Rows v, float scale,
                 ProductRows out) override {
    time("attention", [&] { timed_.attention(wave, layer, q, k, v, scale, out); });
  }
  void convolve(const Wave& wave, int64_t layer, const MambaWeights& weights, Rows x,
                ProductRows out) override {
    time("convolve", [&] { timed_.convolve(wave, layer, weights, x, out); });
  }
  void gated_scan(const Wave& wave, int64_t layer, const MambaWeights& weights,
                  const ScanInputs& inputs, Rows room, ProductRows out) override {
    time("gated_scan", [&] { timed_.gated_scan(wave, layer, weights, inputs, room, out); });
  }
  void gated_product(const Wave& wave, ProductRows x, const Matrix& gate_up, Rows room,
                     ProductRows out) override {
    time("gated_product", [&] { timed_.gated_product(wave, x, gate_up, room, out); });
  }
  void logprobs(const Wave& wave, Rows hidden, const Array& norm_weight, float eps,
                const Matrix& head, std::span<TargetScore> scores) override {
    time("logprobs", [&] { timed_.logprobs(wave, hidden, norm_weight, eps, head, scores); });
  }

 private:
  template <class Work>
  void time(const char* operation, const Work& work) {
    const auto started = std::chrono::steady_clock::now();
    work();
    wait_();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
    auto at = std::find_if(times_.begin(), times_.end(),
                           [&](const OperationTime& one) { return one.operation == operation; });
    if (at == times_.end()) at = times_.insert(at, {operation});
    ++at->calls;
    at->seconds += taken.count();
  }

  Backend& timed_;
  const std::function<void()> wait_;
  std::vector<OperationTime> times_;
};

OperationTimer::OperationTimer(const Checkpoint& checkpoint, Backend& backend,
                               std::function<void()> wait)
    : timed_(std::make_unique<TimedBackend>(backend, std::move(wait))),
      model_(family_of(checkpoint).bind(checkpoint, *timed_)) {}

OperationTimer::~OperationTimer() = default;

OperationTimes OperationTimer::time(const PrefixTree& tree, int passes) {
  const Schedule schedule = make_schedule(
      tree, timed_->memory_model(model_->shape(), model_->activation_bytes_per_row(), tree),
      timed_->default_memory_bytes(), timed_->max_wave_rows(), timed_->wave_cuts(tree));
  OperationTimes result;
  result.scores.resize(tree.targets().size());
  for (int pass = 0; pass < passes; ++pass) {
    model_->prepare(schedule.widest_wave);
    timed_->prepare(model_->shape(), tree, schedule);
    timed_->take_times();
    for (const Wave& wave : schedule.waves) {
      const auto first = wave.scored_rows.empty() ? 0 : wave.scored_rows.front().first_target;
      timed_->begin_wave(wave);
      model_->forward(wave, std::span(result.scores).subspan(first, wave.targets.size()));
      timed_->end_wave(wave);
      timed_->collect(wave);
    }
  }
  result.operations = timed_->take_times();
  return result;
}

}  // namespace e2lm
