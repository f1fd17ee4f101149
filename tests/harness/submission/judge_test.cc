// A judge on a web server of the test's own, that accepts, rejects, limits, falls silent and lies.

#include "harness/submission/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/interrupted.h"
#include "harness/submission/check.h"
#include "tests/support/expect_error.h"
#include "tests/support/http_server.h"
#include "tests/support/scratch.h"
#include "tests/support/submission_files.h"

namespace e2lm::submission {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kKey = "sk-very-secret-key";

ServedReply says(const std::string& content) {
  const Json body = {{"choices", {{{"message", {{"role", "assistant"}, {"content", content}}}}}},
                     {"usage", {{"prompt_tokens", 100}, {"completion_tokens", 2}}}};
  return {.headers = {{"Content-Type", "application/json"}}, .body = body.dump()};
}

std::vector<CheckedItem> items(int count) {
  std::vector<CheckedItem> list;
  for (int i = 0; i < count; ++i) {
    CheckedItem item{.task = "t", .doc_id = i, .question = "Question " + std::to_string(i)};
    item.choices = {"one", "two"};
    item.golds = {1};
    list.push_back(item);
  }
  return list;
}

// Options that note messages and never wait.
struct Options {
  JudgeOptions judge;
  std::vector<std::string> said;

  explicit Options(const std::string& url) {
    judge = {.url = url, .model = "wise", .key = kKey, .items = 10};
    judge.http.retry.tries = 3;
    judge.http.retry.sleep = [](int64_t) {};
    judge.http.stall_timeout_ms = 1000;
    judge.say = [this](const std::string& text) { said.push_back(text); };
  }
};

TEST(OpinionTest, AnswersAreReadAsMeant) {
  for (const char* text :
       {"Accept", "accept.", "**Accept**", "Yes", "Yes, it is about physics.", "Accepted",
        "{\"verdict\": \"Accept\", \"why\": \"no trivia\"}",
        "```json\n{\"verdict\":\"accept\"}\n```", "The item is about cells.\nVerdict: Accept",
        "My answer is accept", "<think>Should I reject? No.</think>\nAccept",
        "I would accept this item"}) {
    EXPECT_EQ(opinion_of(text), Opinion::accept) << text;
  }
  for (const char* text : {"Reject", "No", "no.", "`Reject`", "{\"verdict\": \"Reject\"}",
                           "It may be accepted elsewhere. Decision: reject", "This is rejected"}) {
    EXPECT_EQ(opinion_of(text), Opinion::reject) << text;
  }
  for (const char* text :
       {"", "Maybe", "I cannot accept this", "Not acceptable", "accept or reject",
        "{\"verdict\": 1}", "I know nothing about it", "{broken"}) {
    EXPECT_EQ(opinion_of(text), Opinion::unclear) << text;
  }
}

TEST(JudgeTest, AsksAboutASampleAndCounts) {
  HttpServer server([](const ServedRequest& request) {
    return says(request.body.find("Question 7") != std::string::npos ? "Reject" : "Accept");
  });
  Options options(server.url("/v1"));
  options.judge.price_in = 2.5;
  options.judge.price_out = 10;
  const Domain domain = judge_domain(items(10), options.judge);
  EXPECT_EQ(domain.sampled, 10);
  EXPECT_EQ(domain.accepted, 9);
  EXPECT_EQ(domain.rejected, 1);
  EXPECT_EQ(domain.tokens_in, 1000);
  EXPECT_EQ(domain.tokens_out, 20);
  EXPECT_DOUBLE_EQ(domain.least_share(), 0.9);
  ASSERT_EQ(domain.examples.size(), 1u);
  EXPECT_THAT(domain.examples[0], HasSubstr("t document 7"));
  ASSERT_FALSE(options.said.empty());
  EXPECT_THAT(options.said[0], HasSubstr("10 items to ask"));
  EXPECT_THAT(options.said[0], HasSubstr("about $0.00"));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 10u);
  EXPECT_EQ(requests[0].path(), "/v1/chat/completions");
  EXPECT_EQ(requests[0].header("authorization"), std::string("Bearer ") + kKey);
  const Json body = parse_json(requests[0].body, "request");
  EXPECT_EQ(body["model"], "wise");
  EXPECT_EQ(body["temperature"], 0);
  const Json item = parse_json(body["messages"][1]["content"].get<std::string>(), "item");
  EXPECT_EQ(item["answer"], "two");
  EXPECT_EQ(item["choices"].size(), 2u);
}

TEST(JudgeTest, TheSampleIsDrawnBySeed) {
  HttpServer server([](const ServedRequest&) { return says("Accept"); });
  const auto asked = [&](uint64_t seed, int64_t count) {
    Options options(server.url());
    options.judge.seed = seed;
    options.judge.items = count;
    const size_t before = server.requests().size();
    judge_domain(items(40), options.judge);
    std::vector<std::string> bodies;
    const auto requests = server.requests();
    for (size_t i = before; i < requests.size(); ++i) bodies.push_back(requests[i].body);
    return bodies;
  };
  EXPECT_EQ(asked(1, 5), asked(1, 5));
  EXPECT_NE(asked(1, 5), asked(2, 5));
  EXPECT_EQ(asked(1, 0).size(), 40u) << "0 stands for all";
  EXPECT_EQ(asked(1, 50).size(), 40u);
}

TEST(JudgeTest, LimitsAndFailuresPass) {
  int calls = 0;
  HttpServer server([&](const ServedRequest&) -> ServedReply {
    switch (calls++) {
      case 0:
        return {.status = 429, .headers = {{"Retry-After", "1"}}, .body = "slow down"};
      case 1:
        return {.status = 503, .body = "busy"};
      case 3:
        return {.silent = true};
      default:
        return says("Accept");
    }
  });
  Options options(server.url());
  const Domain domain = judge_domain(items(3), options.judge);
  EXPECT_EQ(domain.accepted, 3);
  EXPECT_EQ(domain.failed, 0);
  EXPECT_EQ(calls, 6);
}

TEST(JudgeTest, AJudgeThatIsDownIsNotAskedForEver) {
  HttpServer server([](const ServedRequest&) -> ServedReply {
    return {.status = 500, .body = std::string("broken, ") + kKey};
  });
  Options options(server.url());
  const Domain domain = judge_domain(items(10), options.judge);
  EXPECT_EQ(domain.failed, 10);
  EXPECT_EQ(server.requests().size(), 9u) << "three items, three tries each";
  EXPECT_DOUBLE_EQ(domain.least_share(), 0);
  EXPECT_DOUBLE_EQ(domain.most_share(), 1);
  EXPECT_THAT(domain.failure, HasSubstr("500"));
  EXPECT_THAT(domain.failure + domain_json(domain, options.judge).dump(), Not(HasSubstr(kKey)));
  for (const std::string& text : options.said) EXPECT_THAT(text, Not(HasSubstr(kKey)));
}

TEST(JudgeTest, ASilentJudgeTimesOut) {
  HttpServer server([](const ServedRequest&) -> ServedReply {
    return {.body = "never whole", .stall_after = 0};
  });
  Options options(server.url());
  options.judge.http.retry.tries = 1;
  options.judge.items = 1;
  const Domain domain = judge_domain(items(1), options.judge);
  EXPECT_EQ(domain.failed, 1);
}

TEST(JudgeTest, AWrongKeyEndsItAtOnce) {
  HttpServer server([](const ServedRequest&) -> ServedReply {
    return {.status = 401, .body = "{\"error\": \"invalid key\"}"};
  });
  Options options(server.url());
  EXPECT_EQ(judge_domain(items(10), options.judge).failed, 10);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(JudgeTest, StrangeAnswersAreUnclearOrFailures) {
  int calls = 0;
  HttpServer server([&](const ServedRequest&) -> ServedReply {
    const std::vector<std::string> bodies = {
        R"({"choices": [{"message": {"content": null, "refusal": "I may not say"}}]})",
        R"({"choices": [{"message": {"content": [{"type": "text", "text": "Accept"}]}}]})",
        R"({"choices": []})", R"([1])", R"({"choices": [{"message": {"content": "Reject"}}]})"};
    return {.body = bodies[calls++]};
  });
  Options options(server.url());
  const Domain domain = judge_domain(items(5), options.judge);
  EXPECT_EQ(domain.unclear, 1);
  EXPECT_EQ(domain.accepted, 1);
  EXPECT_EQ(domain.failed, 2);
  EXPECT_EQ(domain.rejected, 1);
}

TEST(JudgeTest, AnswersAreKeptAndNeverPaidTwice) {
  const Scratch scratch;
  HttpServer server([](const ServedRequest& request) {
    return says(request.body.find("Question 1") != std::string::npos ? "Reject" : "Accept");
  });
  Options options(server.url());
  options.judge.cache = scratch / "cache";
  const Domain first = judge_domain(items(4), options.judge);
  const Domain again = judge_domain(items(4), options.judge);
  EXPECT_EQ(server.requests().size(), 4u);
  EXPECT_EQ(again.from_cache, 4);
  EXPECT_EQ(again.accepted, first.accepted);
  EXPECT_EQ(again.rejected, 1);
  for (const Path& file : list_folder(options.judge.cache)) {
    EXPECT_THAT(read_file(file), Not(HasSubstr(kKey)));
    write_file(file, "damaged");
  }
  EXPECT_EQ(judge_domain(items(4), options.judge).accepted, 3);
  EXPECT_EQ(server.requests().size(), 8u) << "what cannot be read is asked for again";
  options.judge.model = "wiser";
  judge_domain(items(4), options.judge);
  EXPECT_EQ(server.requests().size(), 12u) << "another judge may think otherwise";
}

TEST(JudgeTest, ItEndsWhenTheProgramIsToStop) {
  HttpServer server(
      [](const ServedRequest&) -> ServedReply { return {.body = "x", .stall_after = 0}; });
  Options options(server.url());
  options.judge.http.stall_timeout_ms = 60'000;
  options.judge.http.stop = [] { return true; };
  EXPECT_THROW(judge_domain(items(2), options.judge), Interrupted);
}

// What a judge's answers make of a submission.
TEST(JudgeTest, Verdicts) {
  ServedReply reply;
  HttpServer server([&](const ServedRequest&) { return reply; });
  const Scratch scratch;
  const Path zip = SubmissionFiles().write_zip(scratch / "e.zip");
  const auto verdict = [&](const Path& path = {}) {
    std::filesystem::remove_all(scratch / "work");
    CheckOptions options;
    options.judge = Options(server.url()).judge;
    options.judge->say = {};
    return check_submission(path.empty() ? zip : path, scratch / "work", options).verdict;
  };
  reply = says("Accept");
  EXPECT_EQ(verdict().status(), Verdict::Status::valid);
  EXPECT_EQ(verdict().checks["domain"]["share"], 1);
  reply = says("Reject");
  const Verdict refused = verdict();
  EXPECT_EQ(refused.status(), Verdict::Status::invalid);
  EXPECT_EQ(refused.faults[0].code, "domain");
  EXPECT_THAT(refused.faults[0].text, HasSubstr("accepts 0 of 10 items"));
  reply = {.status = 503, .body = "down"};
  const Verdict down = verdict();
  EXPECT_EQ(down.status(), Verdict::Status::undecided) << "its failure is not the submission's";
  EXPECT_EQ(down.open[0].code, "domain");
  EXPECT_EQ(down.checks["domain"]["share"], nullptr);
  SubmissionFiles few;
  few.test.resize(5);
  const size_t before = server.requests().size();
  const Verdict invalid = verdict(few.write_zip(scratch / "few.zip"));
  EXPECT_EQ(server.requests().size(), before) << "what is invalid anyway costs nothing";
  EXPECT_THAT(invalid.checks["domain"]["statement"].get<std::string>(), HasSubstr("anyway"));
}

}  // namespace
}  // namespace e2lm::submission
