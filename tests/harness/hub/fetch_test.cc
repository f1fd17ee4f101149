#include "harness/hub/fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "harness/interrupted.h"
#include "tests/support/expect_error.h"
#include "tests/support/made_hub.h"
#include "tests/support/mount.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

// A repository with one checkpoint in the folder iter_1: a large file of weights and small ones.
class FetchTest : public testing::Test {
 protected:
  FetchTest() {
    hub_.add("org/model", "main", "iter_1/config.json", "{\"model_type\": \"llama\"}", false);
    hash_ = hub_.add("org/model", "main", "iter_1/model.safetensors", weights_, true);
    hub_.add("org/model", "main", "iter_1/tokenizer.json", "{}", false);
    hub_.add("org/model", "main", "README.md", "not needed", false);
    hub_.add("org/model", "main", "iter_1/optimizer.pt", "not needed", true);
  }

  FetchSummary fetch(std::vector<HubPlace> places = {{"org/model", "main", "iter_1"}}) {
    HttpOptions options{.stall_timeout_ms = 400, .stop = stop_};
    options.retry.tries = 3;
    options.retry.sleep = [this](int64_t ms) { waited_ms_ += ms; };
    Hub hub(hub_.settings(cache_), options);
    return Fetcher(hub, {.jobs = 2, .quiet = true, .stop = stop_}).fetch_checkpoints(places);
  }

  // The store's answer number `at` (from 1) is `reply` with the right body where none is given.
  void misbehave(std::set<int> at, const ServedReply& reply) {
    hub_.instead_of_store = [this, at, reply, n = 0](const ServedRequest& request) mutable {
      std::optional<ServedReply> answer;
      if (!at.contains(++n)) return answer;
      answer = reply;
      if (!reply.body.empty() || reply.status != 200) return answer;
      answer->body = weights_;
      const std::string range = request.header("range");
      if (range.empty() || !hub_.ranges) return answer;
      const size_t from = std::stoul(range.substr(6));
      answer->status = 206;
      answer->body.erase(0, from);
      answer->headers.emplace_back("Content-Range", "bytes " + std::to_string(from) + "-4999/5000");
      return answer;
    };
  }

  // The file is there, right, and nothing half is left.
  void expect_fetched() {
    const Path folder = HubCache(cache_).folder({"org/model", "main", "iter_1"});
    EXPECT_TRUE(is_complete_checkpoint(folder));
    EXPECT_EQ(read_file(folder / "model.safetensors"), weights_);
    EXPECT_FALSE(fs::exists(blob().string() + ".incomplete"));
  }

  // Nothing under the file's name unless it is right.
  void expect_not_there() {
    EXPECT_FALSE(fs::exists(blob()));
    const Path folder = HubCache(cache_).folder({"org/model", "main", "iter_1"});
    EXPECT_FALSE(fs::exists(folder / "model.safetensors"));
  }

  Path blob() const { return HubCache(cache_).blob("org/model", hash_); }

  Scratch scratch_;
  Path cache_ = scratch_ / "cache";
  MadeHub hub_;
  std::string weights_ = std::string(3000, 'w') + std::string(2000, 'v');
  std::string hash_;
  std::function<bool()> stop_;
  int64_t waited_ms_ = 0;
};

TEST_F(FetchTest, BringsWhatACheckpointNeedsAndNothingElse) {
  const FetchSummary summary = fetch();
  EXPECT_EQ(summary.files, 3);
  EXPECT_THAT(summary.failures, testing::IsEmpty());
  expect_fetched();
  EXPECT_EQ(hub_.sent("README.md"), 0);
  EXPECT_EQ(hub_.sent("optimizer.pt"), 0);
  const size_t requests = hub_.server().requests().size();
  EXPECT_EQ(fetch().files, 0);
  EXPECT_LE(hub_.server().requests().size(), requests + 2) << "the lists alone are asked for again";
  EXPECT_EQ(hub_.sent(hash_), 1);
}

TEST_F(FetchTest, ReadsListsOfManyPages) {
  hub_.page = 2;
  fetch();
  expect_fetched();
}

TEST_F(FetchTest, EqualFilesAreDownloadedOnce) {
  hub_.add("org/model", "main", "iter_2/config.json", "{\"model_type\": \"llama\"}", false);
  hub_.add("org/model", "main", "iter_2/model.safetensors", weights_, true);
  const FetchSummary summary =
      fetch({{"org/model", "main", "iter_1"}, {"org/model", "main", "iter_2"}});
  EXPECT_EQ(summary.files, 5);
  EXPECT_EQ(hub_.sent(hash_), 1);
  expect_fetched();
  EXPECT_EQ(
      read_file(HubCache(cache_).folder({"org/model", "main", "iter_2"}) / "model.safetensors"),
      weights_);
}

TEST_F(FetchTest, DoesNotTakeItselfForAnotherProgram) {
  const std::string slow = "thirty bytes that come one by one";
  for (const std::string folder : {"iter_2", "iter_3", "iter_4"}) {
    hub_.add("org/model", "main", folder + "/config.json", "{}", false);
    hub_.add("org/model", "main", folder + "/model.safetensors", slow, true);
  }
  hub_.instead_of_store = [&](const ServedRequest&) {
    return ServedReply{.body = slow, .drip_ms = 10};
  };
  Hub hub(hub_.settings(cache_), {});
  testing::internal::CaptureStderr();
  const FetchSummary summary = Fetcher(hub, {.jobs = 3})
                                   .fetch_checkpoints({{"org/model", "main", "iter_2"},
                                                       {"org/model", "main", "iter_3"},
                                                       {"org/model", "main", "iter_4"}});
  EXPECT_THAT(testing::internal::GetCapturedStderr(), Not(HasSubstr("another program")));
  EXPECT_EQ(summary.files, 6);
  EXPECT_EQ(hub_.store().requests().size(), 1u);
}

TEST_F(FetchTest, GoesOnAfterACut) {
  misbehave({1, 2}, {.cut_after = 1000});
  fetch();
  expect_fetched();
  const auto requests = hub_.store().requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[1].header("range"), "bytes=1000-");
  EXPECT_EQ(requests[2].header("range"), "bytes=2000-");
}

TEST_F(FetchTest, GoesOnWhereAnotherRunStopped) {
  fs::create_directories(blob().parent_path());
  write_file(blob().string() + ".incomplete", weights_.substr(0, 1234));
  fetch();
  expect_fetched();
  EXPECT_EQ(hub_.store().requests()[0].header("range"), "bytes=1234-");
}

TEST_F(FetchTest, MendsAWrongBeginning) {
  fs::create_directories(blob().parent_path());
  write_file(blob().string() + ".incomplete", std::string(1234, 'x'));
  EXPECT_THAT(fetch().failures, testing::IsEmpty());
  expect_fetched();
  write_file(scratch_ / "cache2/models--org--model/blobs" / (hash_ + ".incomplete"),
             std::string(9000, 'x'));
  cache_ = scratch_ / "cache2";
  fetch();
  expect_fetched();
}

TEST_F(FetchTest, TakesTheWholeFileFromAServerWithoutRanges) {
  hub_.ranges = false;
  misbehave({1}, {.cut_after = 1000});
  fetch();
  expect_fetched();
}

TEST_F(FetchTest, GivesUpAServerThatNeverGetsFurther) {
  hub_.ranges = false;
  misbehave({1, 2, 3, 4, 5, 6, 7}, {.cut_after = 1000});
  EXPECT_EQ(fetch().failures.size(), 1u);
  EXPECT_LE(hub_.store().requests().size(), 5u);
  expect_not_there();
}

TEST_F(FetchTest, StandsWrongLengths) {
  misbehave({1}, {.stated_length = 9000, .cut_after = 5000});
  EXPECT_THAT(fetch().failures, testing::IsEmpty());
  expect_fetched();
  fs::remove_all(cache_);
  misbehave({1}, {.stated_length = 100});
  EXPECT_THAT(fetch().failures, testing::IsEmpty());
  expect_fetched();
  fs::remove_all(cache_);
  misbehave({1, 2, 3, 4, 5}, {.body = weights_ + "and more"});
  EXPECT_THAT(fetch().failures, ElementsAre(HasSubstr("more than the 5000 bytes")));
  expect_not_there();
}

TEST_F(FetchTest, RefusesDamagedBytes) {
  std::string damaged = weights_;
  damaged[4321] ^= 1;
  misbehave({1}, {.body = damaged});
  EXPECT_THAT(fetch().failures, testing::IsEmpty()) << "once is the line's fault";
  expect_fetched();
  fs::remove_all(cache_);
  misbehave({1, 2, 3, 4, 5, 6}, {.body = damaged});
  EXPECT_THAT(fetch().failures,
              ElementsAre(testing::AllOf(HasSubstr("sends other bytes"), HasSubstr(hash_))));
  expect_not_there();
  EXPECT_FALSE(fs::exists(blob().string() + ".incomplete"));
}

TEST_F(FetchTest, RefusesDamagedSmallFiles) {
  hub_.instead = [](const ServedRequest& request) -> std::optional<ServedReply> {
    if (!request.path().ends_with("config.json")) return {};
    return ServedReply{.body = "{\"model_type\": \"lxxxx\"}"};
  };
  EXPECT_THAT(fetch().failures, ElementsAre(HasSubstr("config.json: the server sends other")));
}

TEST_F(FetchTest, NoticesAFileThatChangesBetweenTries) {
  std::string other = weights_;
  std::fill(other.begin(), other.end(), 'n');
  hub_.instead_of_store = [&, n = 0](const ServedRequest& request) mutable {
    if (n++ == 0)
      return ServedReply{.headers = {{"ETag", "\"old\""}}, .body = weights_, .cut_after = 700};
    EXPECT_EQ(request.header("if-range"), n == 2 ? "\"old\"" : "");
    return ServedReply{.headers = {{"ETag", "\"new\""}}, .body = other};
  };
  EXPECT_THAT(fetch().failures, ElementsAre(HasSubstr("sends other bytes")));
  expect_not_there();

  hub_.instead_of_store = nullptr;
  hub_.instead = [&](const ServedRequest& request) -> std::optional<ServedReply> {
    if (!request.path().ends_with(".safetensors")) return {};
    return ServedReply{.status = 302,
                       .headers = {{"Location", hub_.store().url("/" + hash_)},
                                   {"X-Linked-Etag", "\"" + std::string(64, 'b') + "\""}}};
  };
  EXPECT_THAT(fetch().failures, ElementsAre(HasSubstr("is another file by now")));
}

TEST_F(FetchTest, WaitsOutRateLimitsAndFailingServers) {
  misbehave({1, 2}, {.status = 429, .headers = {{"Retry-After", "3"}}});
  EXPECT_THAT(fetch().failures, testing::IsEmpty());
  expect_fetched();
  EXPECT_GE(waited_ms_, 6000);
  fs::remove_all(cache_);
  misbehave({1, 2}, {.status = 503});
  EXPECT_THAT(fetch().failures, testing::IsEmpty());
  expect_fetched();
  fs::remove_all(cache_);
  misbehave({1, 2, 3}, {.status = 500});
  EXPECT_THAT(fetch().failures, ElementsAre(HasSubstr("500")));
  expect_not_there();
}

TEST_F(FetchTest, GivesUpAServerThatStallsOrDrips) {
  misbehave({1}, {.stall_after = 2000});
  EXPECT_THAT(fetch().failures, testing::IsEmpty()) << "and goes on after a stall";
  expect_fetched();
  fs::remove_all(cache_);
  misbehave({1, 2, 3, 4, 5, 6}, {.stall_after = 0});
  EXPECT_THAT(fetch().failures, ElementsAre(HasSubstr("nothing came for 0.4 s")));
  EXPECT_THAT(hub_.store().requests().size(), testing::Ge(5u));
}

TEST_F(FetchTest, SaysWhatIsNotThere) {
  EXPECT_THAT(fetch({{"org/none", "main", ""}}).failures,
              ElementsAre(HasSubstr("org/none@main: does not exist, or is private")));
  EXPECT_THAT(fetch({{"org/model", "v9", ""}}).failures,
              ElementsAre(HasSubstr("no such revision")));
  EXPECT_THAT(fetch({{"org/model", "main", "iter_9"}}).failures,
              ElementsAre(HasSubstr("no such folder")));
  hub_.instead = [](const ServedRequest&) {
    return ServedReply{.status = 403, .headers = {{"X-Error-Code", "GatedRepo"}}};
  };
  EXPECT_THAT(fetch().failures,
              ElementsAre(testing::AllOf(HasSubstr("is gated"), HasSubstr("HF_TOKEN"))));
  hub_.instead = [](const ServedRequest&) { return ServedReply{.status = 403}; };
  EXPECT_THAT(fetch().failures, ElementsAre(HasSubstr("access is refused")));
}

TEST_F(FetchTest, ARefusalOfTheServerOfLargeFilesIsNotTheHubs) {
  misbehave({1}, {.status = 403, .body = "<Error>Request has expired</Error>"});
  EXPECT_THAT(fetch().failures,
              ElementsAre(AllOf(HasSubstr("answered 403"), HasSubstr("Request has expired"),
                                Not(HasSubstr("token")))));
  expect_not_there();
}

TEST_F(FetchTest, SaysWhenAServerPacksWhatItSends) {
  misbehave({1}, {.headers = {{"Content-Encoding", "gzip"}}, .body = "packed"});
  EXPECT_THAT(fetch().failures, ElementsAre(HasSubstr("the server sends it packed (gzip)")));
  EXPECT_EQ(waited_ms_, 0) << "it would do so again";
  expect_not_there();
}

TEST_F(FetchTest, SaysWhenWeightsAreOfAnotherKind) {
  hub_.add("org/old", "main", "config.json", "{}", false);
  hub_.add("org/old", "main", "pytorch_model.bin", "pickle", true);
  EXPECT_THAT(fetch({{"org/old", "main", ""}}).failures,
              ElementsAre(testing::AllOf(HasSubstr("no weights as safetensors"),
                                         HasSubstr("pytorch_model.bin"))));
  hub_.add("org/empty", "main", "README.md", "x", false);
  EXPECT_THAT(fetch({{"org/empty", "main", ""}}).failures,
              ElementsAre(HasSubstr("has no weights")));
}

TEST_F(FetchTest, ListsOfAHostileHubReachNoOtherFolder) {
  for (const std::string path : {"../../evil", "/etc/evil", "iter_1/../../../evil", "iter_1//x"}) {
    hub_.instead = [&](const ServedRequest& request) -> std::optional<ServedReply> {
      if (request.path().find("/tree/") == std::string::npos) return {};
      return ServedReply{.body = R"([{"type": "file", "oid": ")" + std::string(40, 'a') +
                                 R"(", "size": 3, "path": ")" + path + "\"}]"};
    };
    EXPECT_THAT(fetch().failures, ElementsAre(HasSubstr("lists a file wrongly")));
  }
  for (const std::string body : {"{}", "[1, {\"type\": \"file\"}]", "nonsense"}) {
    hub_.instead = [&](const ServedRequest& request) -> std::optional<ServedReply> {
      if (request.path().find("/tree/") == std::string::npos) return {};
      return ServedReply{.body = body};
    };
    EXPECT_EQ(fetch().failures.size(), 1u) << body;
  }
}

TEST_F(FetchTest, TheTokenGoesToTheHubAloneAndIsShownNowhere) {
  hub_.token = "hf_tokenOfTheTest";
  misbehave({1}, {.cut_after = 500});
  fetch();
  expect_fetched();
  for (const ServedRequest& request : hub_.server().requests()) {
    EXPECT_EQ(request.header("authorization"), "Bearer hf_tokenOfTheTest");
  }
  for (const ServedRequest& request : hub_.store().requests()) {
    EXPECT_EQ(request.header("authorization"), "") << request.target;
    EXPECT_THAT(request.target, Not(HasSubstr("hf_token")));
  }
  for (const auto& entry : fs::recursive_directory_iterator(scratch_.folder())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(read_file(entry.path()), Not(HasSubstr("hf_token"))) << entry.path();
  }
}

TEST_F(FetchTest, StopsWhenAskedAndKeepsWhatCame) {
  misbehave({1}, {.stall_after = 2500});
  stop_ = [&] {
    std::error_code none;
    return fs::file_size(blob().string() + ".incomplete", none) == 2500;
  };
  EXPECT_THROW(fetch(), Interrupted);
  EXPECT_EQ(fs::file_size(blob().string() + ".incomplete"), 2500u);
  stop_ = nullptr;
  fetch();
  expect_fetched();
  EXPECT_EQ(hub_.store().requests().back().header("range"), "bytes=2500-");
}

TEST_F(FetchTest, TwoAtOnceDownloadAFileOnce) {
  misbehave({1}, {.drip_ms = 0});
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      Hub hub(hub_.settings(cache_), {});
      const auto summary = Fetcher(hub, {.jobs = 2, .quiet = true})
                               .fetch_checkpoints({{"org/model", "main", "iter_1"}});
      EXPECT_THAT(summary.failures, testing::IsEmpty());
    });
  }
  threads.clear();
  expect_fetched();
  EXPECT_EQ(hub_.sent(hash_), 1);
  EXPECT_EQ(hub_.sent("config.json"), 1);
}

TEST_F(FetchTest, ChecksTheDiskFirst) {
  hub_.instead = [](const ServedRequest& request) -> std::optional<ServedReply> {
    if (request.path().find("/tree/") == std::string::npos) return {};
    const std::string hash(40, 'a');
    return ServedReply{
        .body =
            R"([{"type":"file","path":"iter_1/config.json","size":2,"oid":")" + hash +
            R"("},{"type":"file","path":"iter_1/model.safetensors","size":4611686018427387904,"oid":")" +
            hash + R"(","lfs":{"oid":")" + std::string(64, 'b') + R"("}}])"};
  };
  expect_error([&] { fetch(); }, "the disk has", "are to be fetched", "--stream");
}

TEST_F(FetchTest, WhatCameBeforeNeedsNoRoomAgain) {
  const Mount disk(cache_, "size=6m");
  if (!disk.problem().empty()) GTEST_SKIP() << disk.problem();
  weights_.assign(4 << 20, 'w');
  hash_ = hub_.add("org/model", "main", "iter_1/model.safetensors", weights_, true);
  write_file(blob().string() + ".incomplete", weights_.substr(0, 3 << 20));
  EXPECT_THAT(fetch().failures, ElementsAre());
  expect_fetched();
}

TEST_F(FetchTest, RemovesWhatKilledProgramsLeftOfNames) {
  fetch();
  const Path repo = HubCache(cache_).repo_folder("org/model");
  const Path config =
      repo / "snapshots" / MadeHub::commit_of("org/model", "main") / "iter_1/config.json";
  fs::remove(config);
  write_file(repo / "refs/main.4711.part", "e2");
  write_file(repo / "refs/main.x.part", "a branch");
  write_file(repo / "refs/main.part", "another");
  fs::create_symlink("nowhere", config.string() + ".e2lm.part");
  fetch();
  expect_fetched();
  EXPECT_EQ(list_folder(config.parent_path()).size(), 3u);
  EXPECT_THAT(list_folder(repo / "refs"),
              ElementsAre(repo / "refs/main", repo / "refs/main.part", repo / "refs/main.x.part"));
}

TEST_F(FetchTest, RemovesWhatNothingElseNeeds) {
  hub_.add("org/model", "main", "iter_2/config.json", "{}", false);
  hub_.add("org/model", "main", "iter_2/model.safetensors", weights_, true);
  fetch({{"org/model", "main", "iter_1"}, {"org/model", "main", "iter_2"}});
  const HubCache cache(cache_);
  const std::string commit = MadeHub::commit_of("org/model", "main");
  cache.remove_link("org/model", commit, "iter_1/model.safetensors");
  EXPECT_FALSE(cache.remove_blob("org/model", hash_)) << "the other checkpoint has these weights";
  EXPECT_TRUE(fs::exists(blob()));
  cache.remove_link("org/model", commit, "iter_2/model.safetensors");
  EXPECT_TRUE(cache.remove_blob("org/model", hash_));
  EXPECT_FALSE(fs::exists(blob()));
}

}  // namespace
}  // namespace e2lm
