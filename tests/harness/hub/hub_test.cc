// Questions that the hub answers with a failure, and a hub that does not answer at all.

#include "harness/hub/hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "harness/hub/fetch.h"
#include "harness/hub/task_data.h"
#include "tests/support/expect_error.h"
#include "tests/support/made_hub.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kGone = "http://127.0.0.1:1";  // nobody listens there

class HubTest : public testing::Test {
 protected:
  HubTest() {
    for (const std::string step : {"1", "2", "3"}) {
      made_.add("org/model", "main", "iter_" + step + "/config.json", "{\"step\": " + step + "}",
                false);
      made_.add("org/model", "main", "iter_" + step + "/model.safetensors", "weights " + step,
                true);
      places_.push_back({"org/model", "main", "iter_" + step});
    }
  }

  Hub hub(const std::string& endpoint,
          std::chrono::milliseconds failures_hold = Hub::kFailuresHold) {
    HttpOptions options;
    options.retry.tries = 3;
    options.retry.sleep = [this](int64_t) { ++waits_; };
    HubSettings settings = made_.settings(cache_);
    settings.endpoint = endpoint;
    return {settings, options, failures_hold};
  }

  Scratch scratch_;
  Path cache_ = scratch_ / "cache";
  MadeHub made_;
  std::vector<HubPlace> places_;
  int waits_ = 0;
};

TEST_F(HubTest, AFailureIsToldOnceAndNotAskedForAgain) {
  Hub asked = hub(made_.url());
  const FetchSummary summary = Fetcher(asked, {.quiet = true})
                                   .fetch_checkpoints({{"org/none", "main", "iter_1"},
                                                       places_[0],
                                                       {"org/none", "main", "iter_2"},
                                                       {"org/none", "main", "iter_3"},
                                                       {"org/model", "v9", ""}});
  EXPECT_THAT(summary.failures,
              ElementsAre(HasSubstr("3 checkpoints: org/none@main: does not exist"),
                          testing::StartsWith("org/model@v9: the repository has no such")));
  EXPECT_EQ(summary.files, 2);
  EXPECT_EQ(made_.sent("/revision/main"), 2) << "once for each repository";
}

TEST_F(HubTest, AFailureIsAskedForAgainWhenItHoldsNoMore) {
  Hub asked = hub(made_.url(), std::chrono::milliseconds(0));
  made_.instead = [](const ServedRequest&) { return ServedReply{.status = 403}; };
  EXPECT_THROW(asked.list("org/model", "main"), Error);
  made_.instead = nullptr;
  EXPECT_EQ(asked.list("org/model", "main").files.size(), 6u);
}

TEST_F(HubTest, WithoutAConnectionAFetchEndsAndSaysWhatItLeaves) {
  Hub asked = hub(made_.url());
  Fetcher(asked, {.quiet = true}).fetch_checkpoints({places_[2]});
  Hub gone = hub(kGone);
  Fetcher fetcher(gone, {.quiet = true});
  EXPECT_THAT(
      fetcher.fetch_checkpoints(places_).failures,
      ElementsAre(AllOf(HasSubstr("given up after 3 tries"), HasSubstr("the hub cannot be reached"),
                        HasSubstr("HF_ENDPOINT"), HasSubstr("; 1 more checkpoints not fetched"))));
  EXPECT_EQ(waits_, 2) << "the tries of one question";
  expect_error([&] { gone.list("org/another", "main"); }, "the hub cannot be reached");
  EXPECT_EQ(waits_, 2) << "no question is asked for a while";
}

TEST_F(HubTest, AHubThatGoesAwayEndsTheDownloads) {
  Hub asked = hub(made_.url());
  std::vector<WantedFile> wanted;
  for (const HubPlace& place : places_) {
    for (WantedFile& file : Fetcher(asked, {}).files(place)) wanted.push_back(std::move(file));
  }
  Hub gone = hub(kGone);
  const FetchSummary summary = Fetcher(gone, {.jobs = 1, .quiet = true}).fetch(wanted);
  EXPECT_THAT(summary.failures, ElementsAre(AllOf(HasSubstr("the hub cannot be reached"),
                                                  HasSubstr("; 5 more files not fetched"))));
  EXPECT_EQ(waits_, 2);
}

TEST_F(HubTest, DataOfTasksEndWithoutAnyServerToo) {
  ::setenv("E2LM_DATA", (scratch_ / "data").c_str(), 1);
  HttpOptions options;
  options.retry.tries = 2;
  options.retry.sleep = [this](int64_t) { ++waits_; };
  Hub gone({.endpoint = kGone, .rows_endpoint = kGone, .cache = cache_}, options);
  Fetcher files(gone, {.quiet = true});
  TaskDataFetcher fetcher(files, DataFrom::automatic, true, [](const std::string&) {});
  for (const std::string name : {"org/first", "org/second"}) {
    const WantedSplit wanted{{.path = name, .kwargs = Json::object()}, "test"};
    EXPECT_THROW(fetcher.fetch(wanted), HubUnreachable);
  }
  EXPECT_EQ(waits_, 2) << "one for the rows, one for the files";
  ::unsetenv("E2LM_DATA");
}

TEST_F(HubTest, AServerOfFilesThatCannotBeReachedStopsNoOtherFile) {
  made_.instead = [&](const ServedRequest& request) -> std::optional<ServedReply> {
    if (!request.path().ends_with("iter_1/model.safetensors")) return {};
    return ServedReply{.status = 302, .headers = {{"Location", std::string(kGone) + "/file"}}};
  };
  Hub asked = hub(made_.url());
  const FetchSummary summary =
      Fetcher(asked, {.jobs = 1, .quiet = true}).fetch_checkpoints(places_);
  EXPECT_EQ(summary.files, 5);
  EXPECT_THAT(summary.failures,
              ElementsAre(AllOf(HasSubstr("iter_1/model.safetensors cannot be had"),
                                Not(HasSubstr("more files")))));
}

}  // namespace
}  // namespace e2lm
