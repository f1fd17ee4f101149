// The softmax over a vocabulary that is taken in several tiles, as every real one is, and of more
// rows than have logits at once. On a card where there is one, else on the emulated one.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "engine/cuda/bfloat16.h"
#include "engine/cuda/wave_memory.h"
#include "engine/engine.h"
#include "tests/support/devices.h"
#include "tests/support/golden_model.h"
#include "tests/support/safetensors_writer.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

constexpr int32_t kVocabulary = 20011;  // of three tiles, the last of them not whole
constexpr int32_t kTile = 6784;         // tokens a tile

// The golden model with so many tokens, made up.
void write_wide_model(const Path& folder) {
  const Path golden = GoldenModel::read("llama_gqa").folder;
  std::filesystem::create_directory(folder);
  Json config = parse_json(read_file(golden / "config.json"), "config.json");
  config["vocab_size"] = kVocabulary;
  write_file(folder / "config.json", config.dump());
  EditableTensors tensors = EditableTensors::read(golden / "model.safetensors");
  std::mt19937 random(9);
  for (EditableTensors::Entry& entry : tensors.entries) {
    if (entry.name != "model.embed_tokens.weight" && entry.name != "lm_head.weight") continue;
    entry.shape[0] = kVocabulary;
    entry.data.clear();
    for (int64_t i = 0; i < kVocabulary * entry.shape[1]; ++i) {
      const float value = static_cast<float>(random() % 2001) / 1000 - 1;
      const cuda::Bfloat16 rounded = cuda::narrow<cuda::Bfloat16>(value);
      entry.data.append(reinterpret_cast<const char*>(&rounded), sizeof rounded);
    }
  }
  write_file(folder / "model.safetensors", tensors.bytes());
}

// Of 0.5B, of 1.5B and 3B, of a small vocabulary, and of one that fits exactly.
TEST(CudaLogitTiles, AreOfAboutOneWidth) {
  EXPECT_EQ(cuda::WaveMemory::logit_columns(20016), 6784);  // of the model above
  EXPECT_EQ(cuda::WaveMemory::logit_columns(32784), 6656);  // 4 times, and 6160
  EXPECT_EQ(cuda::WaveMemory::logit_columns(65544), 7296);  // 8 times, and 7176
  EXPECT_EQ(cuda::WaveMemory::logit_columns(136), 136);
  EXPECT_EQ(cuda::WaveMemory::logit_columns(49152), 8192);
}

class CudaLogprobs : public testing::TestWithParam<Precision> {
 protected:
  void SetUp() override { E2LM_SKIP_WITHOUT(Device::cuda, GetParam()); }

  std::vector<TokenScores> score(const Checkpoint& checkpoint,
                                 const std::vector<TokenRequest>& requests,
                                 int64_t wave_rows = 0) const {
    const auto engine = Engine::open(
        checkpoint, {.device = Device::cuda, .precision = GetParam(), .wave_rows = wave_rows});
    return score_all(*engine, requests);
  }
};

// Every token is a target of every context, so that its logit is picked wherever it lies.
TEST_P(CudaLogprobs, OfAllTokensMakeOneAndTheHighestIsGreedy) {
  const Scratch scratch;
  write_wide_model(scratch / "model");
  constexpr int32_t kContexts = 8;
  std::vector<TokenRequest> requests;
  for (int32_t c = 0; c < kContexts; ++c) {
    for (int32_t t = 0; t < kVocabulary; ++t) requests.push_back({{c, 2500 * c + 7, t}, 2});
  }
  const auto scores = score(Checkpoint::open(scratch / "model"), requests);
  std::set<int32_t> tiles;  // where greedy tokens are
  for (int32_t c = 0; c < kContexts; ++c) {
    const auto first = scores.begin() + c * kVocabulary, last = first + kVocabulary;
    double sum = 0;
    for (auto at = first; at != last; ++at) sum += std::exp(at->logprobs_nats[0]);
    EXPECT_NEAR(sum, 1, 1e-5);
    const auto highest = std::max_element(first, last, [](const auto& a, const auto& b) {
      return a.logprobs_nats[0] < b.logprobs_nats[0];
    });
    for (auto at = first; at != last; ++at) {
      ASSERT_EQ(at->greedy[0], at == highest) << at - first;
    }
    tiles.insert(static_cast<int32_t>(highest - first) / kTile);
  }
  EXPECT_GT(tiles.size(), 1U) << "one tile has all that are compared";
}

TEST_P(CudaLogprobs, OfManyRowsAreThoseOfFew) {
  const GoldenModel golden = GoldenModel::read("llama_gqa");
  const Checkpoint checkpoint = Checkpoint::open(golden.folder);
  std::vector<TokenRequest> requests;
  for (int32_t i = 0; i < 1100; ++i) requests.push_back({{i % 90, i / 90, i % 7}, 1});
  ASSERT_GT(PrefixTree::build(requests).scored_rows().size(), 1024U);
  const auto scores = score(checkpoint, requests), few = score(checkpoint, requests, 300);
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(scores[i].logprobs_nats, few[i].logprobs_nats) << i;
    EXPECT_EQ(scores[i].greedy, few[i].greedy) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, CudaLogprobs,
                         testing::Values(Precision::float32, Precision::bfloat16),
                         [](const auto& test) { return std::string(precision_name(test.param)); });

}  // namespace
}  // namespace e2lm
