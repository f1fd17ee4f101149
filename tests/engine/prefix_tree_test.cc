#include "engine/prefix_tree.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/support/expect_error.h"

namespace e2lm {
namespace {

std::vector<int32_t> list(std::span<const int32_t> values) {
  return {values.begin(), values.end()};
}

TEST(PrefixTreeTest, SharesPrefixesAndSplitsAtBranches) {
  // A question with two answers, one of two tokens, and the question cut short.
  const std::vector<TokenRequest> requests = {
      {{1, 2, 3, 9}, 3}, {{1, 2, 3, 4, 5}, 3}, {{1, 2, 7}, 2}};
  const PrefixTree tree = PrefixTree::build(requests);
  EXPECT_EQ(list(tree.tokens()), (std::vector<int32_t>{1, 2, 3, 4}));
  EXPECT_EQ(tree.input_tokens(), 3 + 4 + 2);
  EXPECT_EQ(tree.longest(), 4);
  ASSERT_EQ(tree.nodes().size(), 1u) << "targets are no branches";
  EXPECT_EQ(list(tree.order()), (std::vector<int32_t>{2, 0, 1}));
  EXPECT_EQ(tree.last_row(0), 2);
  EXPECT_EQ(tree.last_row(1), 3);
  EXPECT_EQ(tree.last_row(2), 1);

  ASSERT_EQ(tree.scored_rows().size(), 3u);
  EXPECT_EQ(tree.scored_rows()[0].row, 1);  // → 7
  EXPECT_EQ(tree.scored_rows()[1].row, 2);  // → 4, 9
  EXPECT_EQ(tree.scored_rows()[1].targets, 2);
  EXPECT_EQ(list(tree.targets()), (std::vector<int32_t>{7, 4, 9, 5}));
  EXPECT_EQ(tree.request_targets(1).size(), 2u);
  EXPECT_EQ(tree.request_targets(1)[0], 1);
  EXPECT_EQ(tree.request_targets(1)[1], 3);
}

TEST(PrefixTreeTest, NodesAreRunsBetweenBranches) {
  const std::vector<TokenRequest> requests = {
      {{1, 2, 3, 4, 0}, 4}, {{1, 2, 5, 6, 0}, 4}, {{1, 2, 5, 7, 0}, 4}, {{8, 0}, 1}};
  const PrefixTree tree = PrefixTree::build(requests);
  EXPECT_EQ(list(tree.tokens()), (std::vector<int32_t>{1, 2, 3, 4, 5, 6, 7, 8}));
  ASSERT_EQ(tree.nodes().size(), 6u);
  const auto& root = tree.nodes()[0];
  EXPECT_EQ(root.rows, 2);
  EXPECT_EQ(root.parent, -1);
  EXPECT_EQ(root.subtree_end, 7);
  EXPECT_EQ(root.last_child, 4);
  const auto& five = tree.nodes()[2];
  EXPECT_EQ(five.first_row, 4);
  EXPECT_EQ(five.rows, 1);
  EXPECT_EQ(five.position, 2);
  EXPECT_EQ(five.parent, 0);
  EXPECT_EQ(five.last_child, 6);
  EXPECT_EQ(tree.nodes()[5].parent, -1);
}

TEST(PrefixTreeTest, EqualRequestsShareEverything) {
  const std::vector<TokenRequest> requests = {{{3, 4, 5}, 1}, {{3, 4, 5}, 2}, {{3, 4, 5}, 1}};
  const PrefixTree tree = PrefixTree::build(requests);
  EXPECT_EQ(tree.rows(), 2);
  EXPECT_EQ(tree.targets().size(), 2u);
  EXPECT_EQ(list(tree.order()), (std::vector<int32_t>{0, 1, 2})) << "ties by position";
}

// The tree of random requests, unfolded again, gives the requests.
TEST(PrefixTreeTest, UnfoldsToTheRequests) {
  std::mt19937 random(3);
  for (int round = 0; round < 50; ++round) {
    std::vector<TokenRequest> requests(1 + random() % 40);
    for (TokenRequest& request : requests) {
      request.ids.resize(2 + random() % 12);
      for (int32_t& id : request.ids) id = static_cast<int32_t>(random() % 3);
      request.first_scored = 1 + static_cast<int32_t>(random() % (request.ids.size() - 1));
    }
    const PrefixTree tree = PrefixTree::build(requests);
    std::vector<std::vector<int32_t>> prefix(tree.rows());
    std::map<std::vector<int32_t>, int64_t> seen;
    for (const auto& node : tree.nodes()) {
      std::vector<int32_t> path;
      if (node.parent >= 0) {
        const auto& parent = tree.nodes()[node.parent];
        path = prefix[parent.first_row + parent.rows - 1];
      }
      EXPECT_EQ(std::ssize(path), node.position);
      for (int64_t row = node.first_row; row < node.first_row + node.rows; ++row) {
        path.push_back(tree.tokens()[row]);
        prefix[row] = path;
        EXPECT_TRUE(seen.emplace(path, row).second) << "a prefix stands twice";
      }
    }
    std::map<int64_t, int64_t> row_of_target;
    for (const auto& scored : tree.scored_rows()) {
      for (int64_t t = 0; t < scored.targets; ++t) {
        row_of_target[scored.first_target + t] = scored.row;
      }
    }
    int64_t last = -1;
    for (const int32_t r : tree.order()) {
      EXPECT_GE(tree.last_row(r), last) << "canonical order is the order of finishing";
      last = tree.last_row(r);
    }
    for (size_t r = 0; r < requests.size(); ++r) {
      const auto targets = tree.request_targets(static_cast<int32_t>(r));
      const auto& ids = requests[r].ids;
      EXPECT_EQ(prefix[tree.last_row(static_cast<int32_t>(r))],
                std::vector(ids.begin(), ids.end() - 1));
      for (size_t t = 0; t < targets.size(); ++t) {
        const size_t at = requests[r].first_scored + t;
        EXPECT_EQ(tree.targets()[targets[t]], ids[at]);
        EXPECT_EQ(prefix[row_of_target[targets[t]]], std::vector(ids.begin(), ids.begin() + at));
      }
    }
  }
}

TEST(PrefixTreeTest, RefusesRequestsThatCannotBeScored) {
  const auto build = [](TokenRequest request) {
    return [request] { PrefixTree::build(std::vector<TokenRequest>{{{1, 2}, 1}, request}); };
  };
  expect_error(build({{}, 1}), "request 1");
  expect_error(build({{1, 2}, 0}), "request 1", "token before");
  expect_error(build({{1, 2}, 2}), "request 1");
  expect_error(build({{1, -2}, 1}), "request 1", "negative");
  EXPECT_EQ(PrefixTree::build({}).rows(), 0);
}

}  // namespace
}  // namespace e2lm
