#include "engine/engine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/parallel.h"
#include "engine/backend.h"
#include "engine/cpu/backend.h"
#include "engine/model.h"
#include "engine/schedule.h"

namespace e2lm {
namespace {

std::unique_ptr<Backend> open_backend(const EngineOptions& options, Precision precision) {
  if (options.device == Device::cuda) {
    throw Error("--device cuda", "this build has no CUDA engine", "cpu");
  }
  return open_cpu_backend(options.threads > 0 ? options.threads : available_threads(), precision);
}

class ModelEngine final : public Engine {
 public:
  ModelEngine(const Checkpoint& checkpoint, const EngineOptions& options)
      : checkpoint_(checkpoint),
        backend_(open_backend(options, choose_precision(options, checkpoint.stored_dtype()))),
        model_(bind(checkpoint, *backend_)),
        memory_bytes_(options.memory_bytes > 0 ? options.memory_bytes : default_memory_bytes()),
        wave_rows_(options.wave_rows > 0 ? options.wave_rows : kMaxWaveRows) {}

  EngineStats score(const PrefixTree& tree, const Sink& sink) override {
    const auto started = std::chrono::steady_clock::now();
    check(tree);
    const Schedule schedule = plan(tree);
    model_->prepare(schedule.widest_wave);
    backend_->prepare(model_->shape(), schedule.slots, tree.longest());
    std::vector<TargetScore> scores(tree.targets().size());
    int64_t finished = 0;
    for (const Wave& wave : schedule.waves) {
      run(wave, scores);
      checkpoint_.check_unchanged();  // the token embeddings are read where they lie
      finished = emit(tree, wave.first_row + wave.rows(), finished, scores, sink);
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
    return {.rows = tree.rows(),
            .scored_rows = std::ssize(tree.scored_rows()),
            .waves = std::ssize(schedule.waves),
            .predicted_bytes = schedule.peak_bytes,
            .seconds = seconds.count()};
  }

  int64_t working_bytes(const PrefixTree& tree) const override {
    return plan(tree).peak_bytes - backend_->weight_bytes();
  }

  int64_t vocabulary() const override { return model_->vocabulary(); }
  int64_t max_positions() const override { return model_->max_positions(); }

 private:
  // The weights are the backend's now; their pages of the file need not stay.
  static std::unique_ptr<Model> bind(const Checkpoint& checkpoint, Backend& backend) {
    auto model = family_of(checkpoint).bind(checkpoint, backend);
    checkpoint.check_unchanged();
    checkpoint.release_pages();
    return model;
  }

  void check(const PrefixTree& tree) const {
    if (tree.largest_token() >= model_->vocabulary()) {
      throw Error("requests",
                  fmt::format("hold the token id {}, outside the model's vocabulary of {}",
                              tree.largest_token(), model_->vocabulary()),
                  "the tokenizer this checkpoint was trained with");
    }
    if (tree.longest() > model_->max_positions()) {
      throw Error("requests", fmt::format("one is {} tokens long", tree.longest()),
                  fmt::format("at most the model's {} positions", model_->max_positions()));
    }
  }

  Schedule plan(const PrefixTree& tree) const {
    return make_schedule(tree, memory_model(tree), memory_bytes_, wave_rows_);
  }

  MemoryModel memory_model(const PrefixTree& tree) const {
    const StateShape& shape = model_->shape();
    const auto rotations = int64_t{tree.longest()} * shape.head_width;
    return {.fixed = backend_->weight_bytes() + rotations * static_cast<int64_t>(sizeof(float)),
            .per_row = model_->floats_per_row() * static_cast<int64_t>(sizeof(float)) +
                       backend_->scratch_bytes_per_row(shape),
            .per_kept_row = shape.kept_row_bytes(),
            .per_kept_state = shape.kept_state_bytes()};
  }

  void run(const Wave& wave, std::span<TargetScore> scores) {
    backend_->begin_wave(wave);
    const auto first = wave.scored_rows.empty() ? 0 : wave.scored_rows.front().first_target;
    model_->forward(wave, scores.subspan(first, wave.targets.size()));
    backend_->end_wave(wave);
  }

  // Hands out the requests whose last row lies before `rows_done`; returns how many are out.
  static int64_t emit(const PrefixTree& tree, int64_t rows_done, int64_t finished,
                      std::span<const TargetScore> scores, const Sink& sink) {
    for (; finished < tree.requests(); ++finished) {
      const int32_t request = tree.order()[finished];
      if (tree.last_row(request) >= rows_done) break;
      TokenScores result;
      for (const int64_t target : tree.request_targets(request)) {
        result.logprobs_nats.push_back(scores[target].logprob_nats);
        result.greedy.push_back(scores[target].greedy);
      }
      sink(request, std::move(result));
    }
    return finished;
  }

  const Checkpoint& checkpoint_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Model> model_;
  int64_t memory_bytes_;
  int64_t wave_rows_;
};

}  // namespace

std::string_view device_name(Device device) {
  return device == Device::cpu ? "cpu" : "cuda";
}

std::string_view precision_name(Precision precision) {
  return precision == Precision::float32 ? "float32" : "bfloat16";
}

Precision choose_precision(const EngineOptions& options, DType stored) {
  if (options.precision) return *options.precision;
  const bool fast = stored == DType::bfloat16 && cpu_has_bfloat16();
  return fast ? Precision::bfloat16 : Precision::float32;
}

std::unique_ptr<Engine> Engine::open(const Checkpoint& checkpoint, const EngineOptions& options) {
  return std::make_unique<ModelEngine>(checkpoint, options);
}

std::vector<TokenScores> score_all(Engine& engine, std::span<const TokenRequest> requests) {
  std::vector<TokenScores> results(requests.size());
  engine.score(PrefixTree::build(requests), [&results](int32_t request, TokenScores scores) {
    results[request] = std::move(scores);
  });
  return results;
}

int64_t default_memory_bytes() {
  const int64_t free = int64_t{::sysconf(_SC_AVPHYS_PAGES)} * ::sysconf(_SC_PAGESIZE);
  return std::max<int64_t>(free / 2, int64_t{256} << 20);
}

}  // namespace e2lm
