#include "engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/parallel.h"
#include "engine/backend.h"
#include "engine/cpu/backend.h"
#include "engine/cuda/backend.h"
#include "engine/model.h"
#include "engine/schedule.h"

namespace e2lm {
namespace {

std::unique_ptr<Backend> open_backend(const EngineOptions& options, Precision precision) {
  if (options.device == Device::cuda) {
    return open_cuda_backend(precision, {options.card_weight_bytes, options.called_off});
  }
  return open_cpu_backend(threads_of(options), precision);
}

class ModelEngine final : public Engine {
 public:
  ModelEngine(const Checkpoint& checkpoint, const EngineOptions& options)
      : checkpoint_(checkpoint),
        backend_(open_backend(options, choose_precision(options, checkpoint.stored_dtype()))),
        model_(bind(checkpoint, *backend_)),
        limit_asked_for_(options.memory_bytes),
        memory_bytes_(all_memory()),
        wave_rows_(options.wave_rows > 0 ? options.wave_rows : backend_->max_wave_rows()) {}

  EngineStats score(const PrefixTree& tree, const Sink& sink) override {
    const auto started = std::chrono::steady_clock::now();
    check(tree);
    const Schedule schedule = prepare(tree);
    std::vector<TargetScore> scores(tree.targets().size());
    int64_t finished = 0;
    const auto collect = [&](const Wave& wave) {
      backend_->collect(wave);
      checkpoint_.check_unchanged();  // token embeddings may be read where they lie
      finished = emit(tree, wave.first_row + wave.rows(), finished, scores, sink);
    };
    // A device may still work on one wave while the next is made ready for it.
    for (size_t i = 0; i < schedule.waves.size(); ++i) {
      run(schedule.waves[i], scores);
      if (i > 0) collect(schedule.waves[i - 1]);
    }
    if (!schedule.waves.empty()) collect(schedule.waves.back());
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

  bool leave_room(int64_t bytes, std::span<const PrefixTree* const> trees) override {
    memory_bytes_ = all_memory();
    if (!backend_->has_own_memory()) return false;
    const auto keeps_its_waves = [&](const PrefixTree* tree) {
      const int64_t now = longest_wave(*tree, memory_bytes_);
      return longest_wave(*tree, memory_bytes_ - bytes) >= std::min(now, kEnoughRows);
    };
    if (!std::all_of(trees.begin(), trees.end(), keeps_its_waves)) return false;
    memory_bytes_ -= bytes;
    return true;
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

  int64_t all_memory() const {
    return limit_asked_for_ > 0 ? limit_asked_for_ : backend_->default_memory_bytes();
  }

  Schedule plan(const PrefixTree& tree) const { return plan(tree, memory_bytes_); }

  Schedule plan(const PrefixTree& tree, int64_t limit_bytes) const {
    const MemoryModel memory =
        backend_->memory_model(model_->shape(), model_->activation_bytes_per_row(), tree);
    return make_schedule(tree, memory, limit_bytes, wave_rows_, backend_->wave_cuts(tree));
  }

  // Rows; 0 if the limit allows no wave at all.
  int64_t longest_wave(const PrefixTree& tree, int64_t limit_bytes) const try {
    return plan(tree, limit_bytes).widest_wave;
  } catch (const Error&) {
    return 0;
  }

  // Takes all memory that scoring the tree needs. Where the device has less than it said, waves
  // become half as long, now and later.
  Schedule prepare(const PrefixTree& tree) {
    for (;;) {
      Schedule schedule = plan(tree);
      try {
        model_->prepare(schedule.widest_wave);
        backend_->prepare(model_->shape(), tree, schedule);
        return schedule;
      } catch (const OutOfDeviceMemory&) {
        model_->release();
        backend_->release();
        if (wave_rows_ <= kSmallestWave) throw;
        wave_rows_ = std::max(kSmallestWave, std::min(wave_rows_, schedule.widest_wave) / 2);
      }
    }
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

  // Longer waves are no faster, so what they would need can be had by others.
  static constexpr int64_t kEnoughRows = 4096;

  const Checkpoint& checkpoint_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Model> model_;
  int64_t limit_asked_for_;
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

std::vector<DeviceSummary> list_devices() {
  const auto dtypes = [](bool bfloat16) { return bfloat16 ? "float32, bfloat16" : "float32"; };
  std::vector<DeviceSummary> devices = {{Device::cpu, "cpu", true, dtypes(cpu_has_fast_bfloat16()),
                                         fmt::format("{} threads", available_threads())}};
  for (const CudaCard& card : list_cuda_cards()) {
    devices.push_back({Device::cuda, fmt::format("cuda:{}", devices.size() - 1), card.new_enough,
                       card.new_enough ? dtypes(card.has_bfloat16) : "", card.what});
  }
  if (devices.size() == 1) devices.push_back({Device::cuda, "cuda", false, "", describe_cuda()});
  return devices;
}

void choose_card(int index) {
  choose_cuda_card(index);
}

int threads_of(const EngineOptions& options) {
  return options.threads > 0 ? options.threads : available_threads();
}

Precision choose_precision(const EngineOptions& options, DType stored) {
  if (options.precision) return *options.precision;
  if (stored != DType::bfloat16) return Precision::float32;
  const bool fast = options.device == Device::cuda ? cuda_has_bfloat16() : cpu_has_fast_bfloat16();
  return fast ? Precision::bfloat16 : Precision::float32;
}

void check_device(const EngineOptions& options) {
  if (options.device == Device::cuda) check_cuda(options.precision.value_or(Precision::float32));
}

int64_t Engine::card_weight_bytes(const Checkpoint& checkpoint, const EngineOptions& options) {
  // What the libraries take, and rounding up.
  constexpr int64_t kBeside = int64_t{64} << 20;
  const Precision precision = choose_precision(options, checkpoint.stored_dtype());
  const int64_t matrix_bytes = precision == Precision::bfloat16 ? 2 : 4;
  int64_t bytes = kBeside, largest = 0;
  for (const Tensor* tensor : checkpoint.tensors()) {
    const bool matrix = tensor->shape.size() == 2;
    // With a scale and a bias for each output.
    bytes += tensor->elements() * (matrix ? matrix_bytes : 4) + (matrix ? 8 * tensor->shape[0] : 0);
    largest = std::max(largest, tensor->elements());
  }
  return bytes + 4 * largest;  // embeddings may be there in float32, or a second time as the head
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

}  // namespace e2lm
