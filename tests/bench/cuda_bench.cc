// The CUDA engine on this machine's card: how much of the card's matrix rate, measured in the same
// run, the products of a science benchmark's requests reach, and how far scores are from the CPU's.
//
//   cuda_bench [GEOMETRY..]           all of them: falcon-h1-0.5b, falcon-h1-1.5b, falcon-h1-3b
//
// Requests: 1,500 questions of 40 to 120 tokens with four choices of 1 to 12, after nothing
// (0-shot) or after 700 tokens that all share (5 shots); random tokens from a fixed seed. Each line
// is the best of three runs after one that warms up, whose scores must have the same bits; the
// smallest geometry must have them also from engines whose waves are far shorter. A second table
// says whether the project's targets are met. Then tables say where the time goes, each operation
// of a fifth of the requests run for itself, the host waiting for it, and which of cuBLASLt's
// algorithms products took. Each geometry has tables of its own, printed as soon as they are known:
// where a card is far slower than it should be, they matter most, and time may end before all is
// done.

#include <cuda_runtime_api.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cmath>
#include <random>

#include "base/error.h"
#include "engine/cuda/backend.h"
#include "engine/cuda/cuda_backend.h"
#include "engine/cuda/upload.h"
#include "engine/engine.h"
#include "tests/bench/operation_times.h"
#include "tests/bench/random_model.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

// The share of the card's measured rate that products must reach: small models leave more of the
// time to operations that only move memory.
constexpr double kShareWanted = 0.5, kShareWantedSmall = 0.35;
constexpr const char* kSmallGeometry = "falcon-h1-0.5b";
constexpr int64_t kOtherWaves[] = {64, 1000};  // rows
constexpr double kNatsAllowed = 1e-2;          // a request, from the CPU's bfloat16

struct Verdict {
  std::string target;
  std::string measured;
  bool met;
};

constexpr int kQuestions = 1500, kChoices = 4, kShotTokens = 700;
constexpr int kSplitQuestions = kQuestions / 5;  // whose operations are timed
constexpr double kEnoughSeconds = 10;            // of runs that are repeated

double seconds_of(const std::function<void()>& work) {
  const auto started = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

std::vector<TokenRequest> science_requests(int shot_tokens, int64_t vocabulary,
                                           int questions = kQuestions) {
  std::mt19937 random(3);
  const auto append = [&](std::vector<int32_t>& ids, size_t count) {
    for (size_t i = 0; i < count; ++i) ids.push_back(static_cast<int32_t>(random() % vocabulary));
  };
  std::vector<int32_t> shots;
  append(shots, shot_tokens);
  std::vector<TokenRequest> requests;
  for (int q = 0; q < questions; ++q) {
    std::vector<int32_t> question = shots;
    append(question, 40 + random() % 81);
    for (int c = 0; c < kChoices; ++c) {
      TokenRequest request{question, static_cast<int32_t>(question.size())};
      append(request.ids, 1 + random() % 12);
      requests.push_back(std::move(request));
    }
  }
  return requests;
}

// FLOP/s of one 8192³ bfloat16 product of cuBLASLt on random numbers.
double card_rate() {
  constexpr int64_t kSide = 8192;
  std::mt19937 random(1);
  std::vector<uint16_t> values(kSide * kSide);  // around one, both signs
  for (uint16_t& value : values) value = static_cast<uint16_t>(0x3f00 | (random() & 0x80ff));
  const Tensor tensor{.name = "w",
                      .dtype = DType::bfloat16,
                      .shape = {kSide, kSide},
                      .bytes = std::as_bytes(std::span(values))};
  cuda::OwnedStream stream;
  cuda::Products products(stream.get());
  cuda::Uploader uploader(stream.get());
  const auto matrix = uploader.matrix({kSide, kSide, {{&tensor}}, {}, {}}, cuda::Element::bfloat16);
  const cuda::DeviceMemory out(kSide * kSide * static_cast<int64_t>(sizeof(float)));
  const auto run = [&](int times) {
    for (int i = 0; i < times; ++i) {
      products.multiply(*matrix, {0, kSide},
                        {matrix->weights.as<void>(), kSide, kSide, cuda::Element::bfloat16}, kSide,
                        cuda::Products::Into::fresh, {out.as<float>(), kSide, kSide, nullptr});
    }
    stream.wait();
  };
  run(3);
  constexpr int kTimes = 20;
  double best = 1e9;
  for (int repeat = 0; repeat < 3; ++repeat) {
    best = std::min(best, seconds_of([&] { run(kTimes); }) / kTimes);
  }
  return 2.0 * kSide * kSide * kSide / best;
}

bool same_bits(const std::vector<TokenScores>& a, const std::vector<TokenScores>& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].logprobs_nats != b[i].logprobs_nats) return false;
  }
  return true;
}

// Where scores have other bits than `expected`: with waves of so many rows. Empty if nowhere.
std::string other_bits(const Checkpoint& checkpoint, const std::vector<TokenRequest>& requests,
                       const std::vector<TokenScores>& expected) {
  for (const int64_t rows : kOtherWaves) {
    const auto engine = Engine::open(
        checkpoint, {.device = Device::cuda, .precision = Precision::bfloat16, .wave_rows = rows});
    if (!same_bits(score_all(*engine, requests), expected)) {
      return fmt::format("BITS DIFFER in waves of {} rows", rows);
    }
  }
  return {};
}

// The farthest that one of the first few requests is from the CPU's bfloat16, in nats.
double distance_from_cpu(const Checkpoint& checkpoint, const std::vector<TokenRequest>& requests,
                         const std::vector<TokenScores>& scores) {
  constexpr size_t kCompared = 32;
  const auto cpu = Engine::open(checkpoint, {.precision = Precision::bfloat16});
  const auto expected = score_all(*cpu, {requests.data(), kCompared});
  double worst = 0;
  for (size_t i = 0; i < kCompared; ++i) {
    double off = 0;
    for (size_t t = 0; t < expected[i].logprobs_nats.size(); ++t) {
      off += scores[i].logprobs_nats[t] - expected[i].logprobs_nats[t];
    }
    worst = std::max(worst, std::abs(off));
  }
  return worst;
}

// `others` says where bits differ, if they do anywhere.
void judge(const std::string& name, double share, const std::string& others, double off,
           std::vector<Verdict>& verdicts) {
  const bool small = name.starts_with(kSmallGeometry);
  const double wanted = small ? kShareWantedSmall : kShareWanted;
  verdicts.push_back({fmt::format("{}: at least {:.0f} % of the card's rate", name, 100 * wanted),
                      fmt::format("{:.0f} %", 100 * share), share >= wanted});
  verdicts.push_back(
      {fmt::format(
           "{}: the same bits when repeated{}", name,
           small ? fmt::format(", and in waves of {} rows", fmt::join(kOtherWaves, " and ")) : ""),
       others.empty() ? "the same" : others, others.empty()});
  if (std::isnan(off)) return;
  verdicts.push_back(
      {fmt::format("{}: within {} nats a request of the CPU's bfloat16", name, kNatsAllowed),
       fmt::format("{:.4f}", off), off <= kNatsAllowed});
}

std::string name_of(const std::string& geometry, int shot_tokens) {
  return fmt::format("{}, {} shots", geometry, shot_tokens == 0 ? 0 : 5);
}

void print_targets(const std::vector<Verdict>& verdicts) {
  fmt::print("\n| target | measured | |\n|---|---|---|\n");
  for (const Verdict& verdict : verdicts) {
    fmt::print("| {} | {} | {} |\n", verdict.target, verdict.measured,
               verdict.met ? "PASS" : "MISS");
  }
  std::fflush(stdout);
}

void print_operations(const std::string& requests, const std::vector<OperationTime>& operations) {
  fmt::print("\n| operation | requests | calls | ms | of all |\n|---|---|---|---|---|\n");
  double all = 0;
  for (const OperationTime& one : operations) all += one.seconds;
  for (const OperationTime& one : operations) {
    fmt::print("| {} | {} | {} | {:.2f} | {:.1f} % |\n", one.operation, requests, one.calls,
               one.seconds * 1e3, 100 * one.seconds / all);
  }
  std::fflush(stdout);
}

void print_choices(const std::string& geometry,
                   const std::vector<cuda::Products::Choice>& choices) {
  fmt::print(
      "\n| products of | inputs | outputs | algorithm | tile | stages | split-K | reduction |\n"
      "|---|---|---|---|---|---|---|---|\n");
  for (const cuda::Products::Choice& one : choices) {
    fmt::print("| {} | {} | {} | {} | {} | {} | {} | {} |\n", geometry, one.inputs, one.outputs,
               one.algorithm, one.tile, one.stages, one.splits, one.reduction);
  }
  std::fflush(stdout);
}

// One line for each number of shots.
std::vector<Verdict> measure(const std::string& geometry, const Checkpoint& checkpoint,
                             double rate) {
  fmt::print(
      "\n| geometry | shots | requests | requests/s | rows/s | TFLOP/s | of the card's | load s | "
      "repeated | nats from CPU |\n|---|---|---|---|---|---|---|---|---|---|\n");
  std::vector<Verdict> verdicts;
  std::unique_ptr<Engine> engine;
  const double load = seconds_of([&] {
    engine = Engine::open(checkpoint, {.device = Device::cuda, .precision = Precision::bfloat16});
  });
  for (const int shot_tokens : {0, kShotTokens}) {
    const auto requests = science_requests(shot_tokens, engine->vocabulary());
    const auto expected = score_all(*engine, requests);
    const PrefixTree tree = PrefixTree::build(requests);
    double best = 1e9, all = 0;
    EngineStats stats;
    std::string others;
    for (int repeat = 0; repeat < 3 && all < kEnoughSeconds; ++repeat) {
      std::vector<TokenScores> scores(requests.size());
      const double seconds = seconds_of([&] {
        stats = engine->score(
            tree, [&](int32_t request, TokenScores score) { scores[request] = std::move(score); });
      });
      best = std::min(best, seconds);
      all += seconds;
      if (!same_bits(scores, expected)) others = "BITS DIFFER";
    }
    if (geometry == kSmallGeometry && others.empty()) {
      others = other_bits(checkpoint, requests, expected);
    }
    const double flops = product_flops_per_token(geometry) * static_cast<double>(stats.rows) +
                         head_flops_per_token(geometry) * static_cast<double>(stats.scored_rows);
    const double off =
        geometry == kSmallGeometry ? distance_from_cpu(checkpoint, requests, expected) : NAN;
    fmt::print("| {} | {} | {} | {:.0f} | {:.0f} | {:.0f} | {:.0f} % | {:.1f} | {} | {:.4f} |\n",
               geometry, shot_tokens == 0 ? 0 : 5, requests.size(),
               static_cast<double>(requests.size()) / best, static_cast<double>(stats.rows) / best,
               flops / best / 1e12, 100 * flops / best / rate, load,
               others.empty() ? "same bits" : others, off);
    std::fflush(stdout);
    judge(name_of(geometry, shot_tokens), flops / best / rate, others, off, verdicts);
  }
  return verdicts;
}

void split(const std::string& geometry, const Checkpoint& checkpoint) {
  cuda::CudaBackend backend(cuda::Element::bfloat16, 0, {});
  OperationTimer timer(checkpoint, backend,
                       [] { cuda::check(cudaDeviceSynchronize(), "waiting for an operation"); });
  for (const int shots : {0, kShotTokens}) {
    const auto requests = science_requests(shots, timer.vocabulary(), kSplitQuestions);
    print_operations(name_of(geometry, shots),
                     timer.time(PrefixTree::build(requests), 2).operations);
  }
  print_choices(geometry, backend.products().choices());
}

int run(std::vector<std::string> geometries) {
  if (!cuda_has_bfloat16()) {
    fmt::print("Nothing to measure: {}\n", describe_cuda());
    return 0;
  }
  if (geometries.empty()) geometries = {"falcon-h1-0.5b", "falcon-h1-1.5b", "falcon-h1-3b"};
  const double rate = card_rate();
  fmt::print("{}. bfloat16 products of 8192³: {:.0f} TFLOP/s\n", describe_cuda(), rate / 1e12);
  for (const std::string& geometry : geometries) {
    const Scratch scratch;
    write_random_model(geometry, scratch.folder());
    const Checkpoint checkpoint = Checkpoint::open(scratch.folder());
    print_targets(measure(geometry, checkpoint, rate));
    split(geometry, checkpoint);
  }
  return 0;
}

}  // namespace
}  // namespace e2lm

int main(int count, char** arguments) {
  try {
    return e2lm::run({arguments + 1, arguments + count});
  } catch (const e2lm::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
