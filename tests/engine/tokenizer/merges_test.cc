#include "engine/tokenizer/merges.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/engine/tokenizer/small_tokenizer.h"

namespace e2lm {
namespace {

// A model with the letters a to d and merges of random tokens up to eight letters long.
SortedJson random_model(std::mt19937& random) {
  std::vector<std::string> tokens = {"a", "b", "c", "d"};
  SortedJson model = {{"vocab", {{"a", 0}, {"b", 1}, {"c", 2}, {"d", 3}}},
                      {"merges", SortedJson::array()}};
  while (tokens.size() < 60) {
    const std::string left = tokens[random() % tokens.size()];
    const std::string right = tokens[random() % tokens.size()];
    const std::string token = left + right;
    if (token.size() > 8) continue;
    if (!model["vocab"].contains(token)) {
      model["vocab"][token] = tokens.size();
      tokens.push_back(token);
    }
    model["merges"].push_back({left, right});
  }
  return model;
}

// The definition, word by word: look through all pairs for the best, merge it, again.
Ids merge_plainly(const SortedJson& model, Ids ids) {
  std::vector<std::string> names(model["vocab"].size());
  for (const auto& [token, id] : model["vocab"].items()) names[id.get<size_t>()] = token;
  const auto rank = [&](size_t at) {
    int64_t last = -1;
    const SortedJson pair = {names[ids[at]], names[ids[at + 1]]};
    const auto& merges = model["merges"];
    for (size_t i = 0; i < merges.size(); ++i) last = merges[i] == pair ? i : last;
    return last;
  };
  for (;;) {
    int64_t best_rank = -1;
    size_t best = 0;
    for (size_t at = 0; at + 1 < ids.size(); ++at) {
      const int64_t now = rank(at);
      if (now < 0 || (best_rank >= 0 && now >= best_rank)) continue;
      best_rank = now;
      best = at;
    }
    if (best_rank < 0) return ids;
    ids[best] = model["vocab"][names[ids[best]] + names[ids[best + 1]]].get<int32_t>();
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

TEST(MergesTest, FollowTheDefinitionInShortAndLongWords) {
  std::mt19937 random(1);
  for (int round = 0; round < 5; ++round) {
    const SortedJson model = random_model(random);
    const JsonPart part(model, "model");
    const Vocabulary vocabulary = Vocabulary::read(part.at("vocab"));
    const Merges merges = Merges::read(part.at("merges"), vocabulary);
    for (const size_t length : {0, 1, 2, 3, 7, 30, 47, 48, 49, 50, 90}) {
      Ids ids;
      for (size_t i = 0; i < length; ++i) ids.push_back(static_cast<int32_t>(random() % 4));
      Ids merged = {7, 7};  // what stands before is left alone
      merged.insert(merged.end(), ids.begin(), ids.end());
      merges.apply(merged, 2);
      Ids expected = merge_plainly(model, ids);
      expected.insert(expected.begin(), {7, 7});
      EXPECT_EQ(merged, expected) << "round " << round << ", length " << length;
    }
  }
}

TEST(MergesTest, OfEqualPairsTheLeftmostGoesFirst) {
  Json file = small_tokenizer();
  file["model"]["vocab"]["aa"] = 6;
  file["added_tokens"] = Json::array();
  file["model"]["merges"] = parse_json(R"([["a", "a"]])", "merges");
  EXPECT_EQ(encode(file, "aaa"), (Ids{6, 0}));
}

TEST(MergesTest, APairListedTwiceHasItsLastRank) {
  Json file = small_tokenizer();
  file["model"]["vocab"]["bc"] = 6;
  file["added_tokens"] = Json::array();
  file["model"]["merges"] = parse_json(R"([["a", "b"], ["b", "c"], ["a", "b"]])", "merges");
  EXPECT_EQ(encode(file, "abc"), (Ids{0, 6}));
}

TEST(MergesTest, ReadsLinesOfMergesFiles) {
  Json file = small_tokenizer();
  file["model"]["merges"] = {"#version: 0.2", "a b", "ab c"};
  EXPECT_EQ(encode(file, "abcab"), (Ids{5, 4}));
}

}  // namespace
}  // namespace e2lm
