// A request's scores have the same bits whatever surrounds it: the laws of the CPU engine.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <random>

#include "base/error.h"
#include "base/memory.h"
#include "engine/engine.h"
#include "tests/support/golden_model.h"
#include "tests/support/long_texts.h"
#include "tests/support/same_bits.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

class Laws : public testing::TestWithParam<std::tuple<std::string, Precision>> {
 protected:
  std::vector<TokenScores> score(const std::vector<TokenRequest>& requests,
                                 EngineOptions options = {},
                                 PrefixTree::Sharing sharing = PrefixTree::Sharing::on) {
    options.precision = precision_;
    const auto engine = Engine::open(checkpoint_, options);
    std::vector<TokenScores> scores(requests.size());
    last_ = engine->score(PrefixTree::build(requests, sharing),
                          [&](int32_t r, TokenScores s) { scores[r] = std::move(s); });
    return scores;
  }

  // Of log-probabilities from each other, in nats.
  struct Distance {
    double mean = 0, most = 0;
  };
  static Distance distance(const std::vector<TokenScores>& a, const std::vector<TokenScores>& b) {
    Distance result;
    int64_t count = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      for (size_t t = 0; t < a[i].logprobs_nats.size(); ++t, ++count) {
        const double apart = std::abs(a[i].logprobs_nats[t] - b[i].logprobs_nats[t]);
        result.most = std::max(result.most, apart);
        result.mean += apart;
      }
    }
    result.mean /= static_cast<double>(count);
    return result;
  }

  GoldenModel golden_ = GoldenModel::read(std::get<0>(GetParam()));
  Checkpoint checkpoint_ = Checkpoint::open(golden_.folder);
  std::vector<TokenRequest> requests_ = golden_.requests();
  Precision precision_ = std::get<1>(GetParam());
  EngineStats last_;
};

TEST_P(Laws, SharingPrefixesChangesNothing) {
  const auto shared = score(requests_);
  const int64_t rows_shared = last_.rows;
  expect_same_bits(shared, score(requests_, {}, PrefixTree::Sharing::off), "no sharing");
  EXPECT_LT(rows_shared, last_.rows) << "the requests share nothing: this test shows nothing";
}

TEST_P(Laws, OrderAndCompanyChangeNothing) {
  const auto expected = score(requests_);
  std::mt19937 random(7);
  std::vector<int> order(requests_.size());
  std::iota(order.begin(), order.end(), 0);
  for (int round = 0; round < 3; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    const size_t count = round == 0 ? order.size() : 1 + random() % order.size();
    std::vector<TokenRequest> some;
    std::vector<TokenScores> some_expected;
    for (size_t i = 0; i < count; ++i) {
      some.push_back(requests_[order[i]]);
      some_expected.push_back(expected[order[i]]);
    }
    expect_same_bits(score(some), some_expected, "shuffled subset");
  }
  for (size_t i = 0; i < requests_.size(); ++i) {
    expect_same_bits(score({requests_[i]}), {expected[i]}, "alone");
  }
}

TEST_P(Laws, WavesOfAnySizeChangeNothing) {
  const auto expected = score(requests_);
  for (const int64_t rows : {1, 2, 3, 7, 63, 64, 65, 200}) {
    expect_same_bits(score(requests_, {.wave_rows = rows}), expected,
                     "waves of " + std::to_string(rows));
    EXPECT_GT(last_.waves, 1);
  }
}

TEST_P(Laws, MemoryLimitsChangeNothing) {
  const auto expected = score(requests_);
  int limits_that_cut = 0, limits_refused = 0;
  for (int64_t limit = 1 << 12; limit < 1 << 24; limit += limit / 2) {
    try {
      expect_same_bits(score(requests_, {.memory_bytes = limit}), expected, "memory limit");
      EXPECT_LE(last_.predicted_bytes, limit);
      limits_that_cut += last_.waves > 1;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("memory limit"), std::string::npos) << error.what();
      ++limits_refused;
    }
  }
  EXPECT_GT(limits_that_cut, 0);
  EXPECT_GT(limits_refused, 0);
}

TEST_P(Laws, ThreadsChangeNothing) {
  const auto expected = score(requests_, {.threads = 1});
  for (const int threads : {2, 3, 8}) {
    expect_same_bits(score(requests_, {.threads = threads}), expected, "threads");
  }
}

TEST_P(Laws, AnEngineScoresAgainWithTheSameBits) {
  const auto engine = Engine::open(checkpoint_, {.precision = precision_, .wave_rows = 100});
  const auto first = score_all(*engine, requests_);
  const auto some = std::vector(requests_.begin() + 3, requests_.begin() + 9);
  expect_same_bits(score_all(*engine, some), {first.begin() + 3, first.begin() + 9}, "subset");
  expect_same_bits(score_all(*engine, requests_), first, "again");
}

TEST_P(Laws, BranchesWavesAndThreadsChangeNothingInLongTexts) {
  const std::vector<TokenRequest> texts = branching_texts();
  const auto expected = score(texts);
  for (size_t i = 0; i < texts.size(); ++i) {
    expect_same_bits(score({texts[i]}), {expected[i]}, "alone");
  }
  for (const int64_t rows : {64, 65, 100, 333}) {
    expect_same_bits(score(texts, {.wave_rows = rows}), expected, "in waves");
    EXPECT_GT(last_.waves, 2);
  }
  expect_same_bits(score(texts, {.threads = 1}), expected, "one thread");
  expect_same_bits(score(texts, {.threads = 7}), expected, "seven threads");
}

// A token whose embedding is not a number spoils what comes after it, and nothing else: neither the
// scores before it nor those of a text that leaves the path there, in whatever waves.
TEST_P(Laws, WhatIsNotANumberSpoilsNoOtherText) {
  const Json config = parse_json(read_file(golden_.folder / "config.json"), "config.json");
  if (config["tie_word_embeddings"]) GTEST_SKIP() << "such an embedding spoils every score";
  constexpr int32_t kBad = 95;
  const Scratch scratch;
  std::filesystem::copy(golden_.folder, scratch / "model");
  spoil_embedding(scratch / "model", kBad);
  checkpoint_ = Checkpoint::open(scratch / "model");

  std::vector<TokenRequest> texts = branching_texts();
  const size_t good = texts.size();
  const std::vector<TokenRequest> spoilt = texts_with(kBad, texts[0]);
  texts.insert(texts.end(), spoilt.begin(), spoilt.end());
  for (const int64_t rows : {0, 64, 65, 100, 160}) {
    const auto scores = score(texts, {.wave_rows = rows});
    for (size_t i = 0; i < texts.size(); ++i) {
      const auto& ids = texts[i].ids;
      const auto whole = std::find(ids.begin(), ids.end(), kBad) - ids.begin();
      const TokenRequest before{{ids.begin(), ids.begin() + std::min(whole, std::ssize(ids))}, 1};
      const auto alone = score({before})[0].logprobs_nats;
      const auto& together = scores[i].logprobs_nats;
      ASSERT_TRUE(std::equal(alone.begin(), alone.end(), together.begin()))
          << i << ", waves " << rows;
      EXPECT_EQ(std::isnan(together.back()), i >= good);
    }
  }
}

// Softmax does not pass over a logit or a key, nor the scan over a step.
TEST_P(Laws, WeightsThatAreNoNumbersLeaveNoScore) {
  for_each_spoilt_weight(golden_.folder, [&](const std::string& name, const Path& model) {
    checkpoint_ = Checkpoint::open(model);
    for (const TokenScores& scores : score({requests_[0], requests_[2]})) {
      for (const double nats : scores.logprobs_nats) EXPECT_FALSE(std::isfinite(nats)) << name;
    }
  });
}

// Each instruction set obeys the laws on its own; between them only the last bits may differ. In
// bfloat16 those are of coarser roundings, which AMX does in attention and the scan, too.
TEST_P(Laws, EveryInstructionSetIsCloseAndReproducible) {
  const auto expected = score(requests_);
  for (const char* isa : {"portable", "avx2", "avx512"}) {
    ::setenv("E2LM_ISA", isa, 1);
    try {
      const auto scores = score(requests_);
      expect_same_bits(score(requests_, {.threads = 1, .wave_rows = 50}), scores, isa);
      const auto [mean, most] = distance(scores, expected);
      EXPECT_LE(mean, precision_ == Precision::float32 ? 1e-5 : 2.5e-2) << isa;
      EXPECT_LE(most, precision_ == Precision::float32 ? 5e-5 : 2e-1) << isa;
    } catch (const Error& error) {
      std::printf("not tried: %s\n", error.what());
    }
    ::unsetenv("E2LM_ISA");
  }
}

class Bfloat16Laws : public Laws {};

// Roundings are small however products are made: every token of a long text is near its score in
// float32.
TEST_P(Bfloat16Laws, LongTextsStayNearFloat32) {
  const std::vector<TokenRequest> texts = branching_texts();
  const auto scores = score(texts);
  precision_ = Precision::float32;
  const auto [mean, most] = distance(scores, score(texts));
  EXPECT_LE(mean, 2.5e-2);
  EXPECT_LE(most, 3e-1);
  std::printf("%.4f nats a token on average, %.4f at most\n", mean, most);
}

// Far longer than a wave: it goes through in pieces, in the memory allowed, and its beginning has
// the scores that it has alone.
TEST(LongDocument, ScoresInBoundedMemory) {
  constexpr int32_t kTokens = 10000, kBeginning = 700;
  constexpr int64_t kLimit = 8 << 20;
  const Scratch scratch;
  std::filesystem::copy(GoldenModel::read("falcon_h1_plain").folder, scratch / "model");
  const Path config = scratch / "model/config.json";
  Json json = parse_json(read_file(config), config.string());
  json["max_position_embeddings"] = kTokens;
  write_file(config, json.dump());

  std::mt19937 random(11);
  TokenRequest document{.first_scored = 1};
  for (int32_t i = 0; i < kTokens; ++i) document.ids.push_back(static_cast<int32_t>(random() % 90));
  const TokenRequest beginning{{document.ids.begin(), document.ids.begin() + kBeginning}, 1};

  const Checkpoint checkpoint = Checkpoint::open(scratch / "model");
  const auto engine = Engine::open(checkpoint, {.memory_bytes = kLimit});
  const TokenScores alone = score_all(*engine, std::vector{beginning}).front();
  [[maybe_unused]] const int64_t before = resident_bytes();
  TokenScores whole;
  const EngineStats stats = engine->score(PrefixTree::build(std::vector{document}),
                                          [&](int32_t, TokenScores s) { whole = std::move(s); });
  EXPECT_GT(stats.waves, 3);
  EXPECT_LE(stats.predicted_bytes, kLimit);
#ifndef __SANITIZE_ADDRESS__  // it keeps what was freed
  EXPECT_LE(peak_resident_bytes(), before + kLimit);
#endif
  ASSERT_EQ(std::ssize(whole.logprobs_nats), kTokens - 1);
  EXPECT_TRUE(std::equal(alone.logprobs_nats.begin(), alone.logprobs_nats.end(),
                         whole.logprobs_nats.begin()));
}

INSTANTIATE_TEST_SUITE_P(All, Bfloat16Laws,
                         testing::Combine(testing::ValuesIn(golden_model_names()),
                                          testing::Values(Precision::bfloat16)),
                         [](const auto& law) { return std::get<0>(law.param); });

INSTANTIATE_TEST_SUITE_P(All, Laws,
                         testing::Combine(testing::ValuesIn(golden_model_names()),
                                          testing::Values(Precision::float32, Precision::bfloat16)),
                         [](const auto& law) {
                           return std::get<0>(law.param) + "_" +
                                  std::string(precision_name(std::get<1>(law.param)));
                         });

}  // namespace
}  // namespace e2lm
