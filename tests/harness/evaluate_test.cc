#include "harness/sweep/evaluate.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/engine/tokenizer/small_tokenizer.h"
#include "tests/support/expect_error.h"
#include "tests/support/fake_engine.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

class EvaluateTest : public testing::Test {
 protected:
  EvaluateTest() {
    std::mt19937 random(1);
    for (int i = 0; i < 1000; ++i) {
      TokenRequest request;
      for (int t = 0; t < 6; ++t) request.ids.push_back(static_cast<int32_t>(random() % 9));
      request.first_scored = 4;
      task_.requests.push_back(request);
      task_.doc_ids.push_back(i / 4);
    }
    task_.name = "made";
    task_.tree = PrefixTree::build(task_.requests);
    const auto order = task_.tree.order();
    order_.assign(order.begin(), order.end());
    cell_ = store_.open_cell(
        {store_.add_weights({"w"}), store_.add_request_set(task_.sha256(), order_), "fake"});
  }

  void expect_all_scores() const {
    const auto scores = read_scores(store_, cell_, order_);
    ASSERT_EQ(scores.size(), task_.requests.size());
    for (size_t r = 0; r < scores.size(); ++r) {
      const auto& ids = task_.requests[r].ids;
      EXPECT_DOUBLE_EQ(scores[r].nats, FakeEngine::logprob(ids[4]) + FakeEngine::logprob(ids[5]));
      EXPECT_EQ(scores[r].tokens, 2);
      EXPECT_EQ(scores[r].greedy_tokens, (ids[4] % 7 == 0) + (ids[5] % 7 == 0));
    }
  }

  Scratch scratch_;
  Store store_ = Store::open(scratch_ / "store.sqlite");
  PreparedTask task_;
  std::vector<int32_t> order_;
  int64_t cell_ = 0;
  FakeEngine engine_;
};

TEST_F(EvaluateTest, StoresEveryRequestInBlocks) {
  int64_t advanced = 0;
  evaluate_cell(store_, cell_, task_, engine_, {.advance = [&](int64_t n) { advanced += n; }});
  EXPECT_EQ(advanced, 1000);
  const auto blocks = store_.blocks(cell_);
  ASSERT_EQ(blocks.size(), 4u);
  EXPECT_EQ(blocks[1].first, 256);
  EXPECT_EQ(blocks[3].nats.size(), 232u);
  expect_all_scores();
}

TEST_F(EvaluateTest, GoesOnAfterWholeBlocks) {
  engine_.before_request = [](int64_t done) {
    if (done == 600) throw Error("engine", "broke");
  };
  expect_error([&] { evaluate_cell(store_, cell_, task_, engine_, {}); }, "broke");
  EXPECT_EQ(store_.blocks(cell_).size(), 2u) << "what was whole is kept";
  int64_t asked = 0;
  engine_.before_request = [&](int64_t) { ++asked; };
  evaluate_cell(store_, cell_, task_, engine_, {});
  EXPECT_EQ(asked, 1000 - 512) << "what was there is not computed again";
  expect_all_scores();
  evaluate_cell(store_, cell_, task_, engine_, {});
  EXPECT_EQ(asked, 1000 - 512) << "nothing is left";
}

TEST_F(EvaluateTest, FillsAGapInTheMiddle) {
  evaluate_cell(store_, cell_, task_, engine_, {});
  store_.database().run("DELETE FROM block WHERE first = 256");
  expect_error([&] { read_scores(store_, cell_, order_); }, "lacks the block from request 256");
  evaluate_cell(store_, cell_, task_, engine_, {});
  EXPECT_EQ(store_.blocks(cell_).size(), 4u);
  expect_all_scores();
}

TEST_F(EvaluateTest, StopsAtTheNextBlock) {
  int blocks = 0;
  const auto stop = [&] { return ++blocks == 2; };
  int64_t before = 0;
  try {
    evaluate_cell(store_, cell_, task_, engine_, {.stop = stop});
    FAIL() << "went on";
  } catch (const CellInterrupted& interruption) {
    before = interruption.rows;
  }
  EXPECT_EQ(store_.blocks(cell_).size(), 2u);
  EXPECT_EQ(before, task_.tree.last_row(order_[511]) + 1);
  // The rest computes again, at most, the beginning that its first request has in common.
  const int64_t after = evaluate_cell(store_, cell_, task_, engine_, {}).rows;
  EXPECT_GE(before + after, task_.tree.rows());
  EXPECT_LE(before + after, task_.tree.rows() + 5);
}

TEST_F(EvaluateTest, NamesTheDocumentThatIsTooLong) {
  engine_.positions = 4;
  expect_error([&] { evaluate_cell(store_, cell_, task_, engine_, {}); }, "task made", "document 0",
               "5 tokens", "4 positions");
  EXPECT_TRUE(store_.blocks(cell_).empty());
}

class PrepareTest : public testing::Test {
 protected:
  PreparedTask prepare(int64_t positions, const TokenRules& rules) const {
    return prepare_task(task_, tokenizer_, positions, rules);
  }

  const Tokenizer tokenizer_ = read_tokenizer(small_tokenizer());
  const TaskRequests task_{.task = "made",
                           .requests = {{.doc_id = 3, .context = "bcbcbc", .continuation = " a"},
                                        {.doc_id = 4, .context = "b", .continuation = "a"}}};
};

TEST_F(PrepareTest, TooLongRequestsLoseTheirBeginning) {
  const PreparedTask whole = prepare(4, {});
  EXPECT_EQ(whole.cut, 0);
  EXPECT_EQ(whole.requests[0].ids, (Ids{1, 2, 1, 2, 1, 2, 3, 0}));
  const PreparedTask cut = prepare(4, {.too_long = TokenRules::TooLong::cut});
  EXPECT_EQ(cut.cut, 1);
  // Four inputs and the last token, which is scored and no input.
  EXPECT_EQ(cut.requests[0].ids, (Ids{2, 1, 2, 3, 0}));
  EXPECT_EQ(cut.requests[0].first_scored, 3);
  EXPECT_EQ(cut.requests[1].ids, (Ids{1, 0}));
  // Two positions leave the scored tokens one token to start from; one does not.
  EXPECT_EQ(prepare(2, {.too_long = TokenRules::TooLong::cut}).requests[0].ids, (Ids{2, 3, 0}));
  expect_error([&] { prepare(1, {.too_long = TokenRules::TooLong::cut}); }, "task made",
               "a continuation of document 3 has 2 tokens", "1 positions");
}

TEST_F(PrepareTest, TextsAreJoinedByTheRuleGiven) {
  EXPECT_EQ(prepare(99, {}).requests[1].ids, (Ids{1, 0}));
  TaskRequests spans{.task = "made",
                     .requests = {{.doc_id = 0, .context = "a", .continuation = "bcb"}}};
  EXPECT_EQ(prepare_task(spans, tokenizer_, 99).requests[0].ids, (Ids{0, 1}));
  const TokenRules separate{.joining = Joining::separate};
  EXPECT_EQ(prepare_task(spans, tokenizer_, 99, separate).requests[0].ids, (Ids{0, 1, 2, 1}));
}

// Also where a thread begins in the middle of a question, and which document is named.
TEST_F(PrepareTest, ThreadsMakeTheSameRequests) {
  TaskRequests many{.task = "made"};
  for (int32_t doc = 0; doc < 300; ++doc) {
    const std::string question(static_cast<size_t>(1 + doc % 7), 'b');
    for (const char* choice : {" a", "bc", "cba"}) {
      many.requests.push_back({.doc_id = doc, .context = question, .continuation = choice});
    }
  }
  const TokenRules cut{.too_long = TokenRules::TooLong::cut};
  const PreparedTask one = prepare_task(many, tokenizer_, 4, cut);
  for (const int threads : {2, 5}) {
    const PreparedTask several = prepare_task(many, tokenizer_, 4, cut, threads);
    EXPECT_EQ(several.sha256(), one.sha256());
    EXPECT_EQ(several.doc_ids, one.doc_ids);
    EXPECT_EQ(several.windows, one.windows);
    EXPECT_EQ(several.cut, one.cut);
  }
  expect_error([&] { prepare_task(many, tokenizer_, 1, cut, 5); }, "document 0 has 2 tokens");
}

}  // namespace
}  // namespace e2lm
