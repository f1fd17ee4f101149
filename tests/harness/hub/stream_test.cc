// sweep --stream against a small hub.

#include <chrono>
#include <thread>

#include "harness/hub/cache.h"
#include "harness/hub/stream.h"
#include "harness/store/claims.h"
#include "tests/harness/hub/hub_program.h"
#include "tests/support/expect_error.h"

namespace e2lm {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

namespace fs = std::filesystem;

using StreamTest = HubProgramTest;

TEST_F(StreamTest, AStreamIsAsAPlainSweepAndLeavesNoWeights) {
  const ProgramResult swept = run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream", "--disk",
                                   std::to_string(2 * bytes_ + 1000)});
  EXPECT_EQ(swept.exit_code, 0) << swept.errors;
  EXPECT_EQ(results(scratch_ / "run"), plain_results());
  EXPECT_EQ(blobs_of_weights(), 0);
  EXPECT_EQ(weights_sent(), 4);
  EXPECT_FALSE(fs::exists(scratch_ / "run/streaming.json"));
  expect_no_token_on_disk();

  const ProgramResult again = run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream"});
  EXPECT_THAT(again.output, HasSubstr("Nothing to compute"));
  EXPECT_EQ(weights_sent(), 4) << "what is scored is not downloaded again";
  const ProgramResult offline = run({"sweep", "sweep.yaml", "-o", "run", "-q"});
  EXPECT_EQ(offline.exit_code, 0) << offline.errors;
  EXPECT_THAT(offline.output, HasSubstr("Nothing to compute"));
  ProgramCall without_network = call({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream"});
  without_network.environment["HF_HUB_OFFLINE"] = "1";
  EXPECT_THAT(run_program(without_network).output, HasSubstr("Nothing to compute"));
  without_network.arguments[3] = "empty";
  const ProgramResult nothing = run_program(without_network);
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_THAT(nothing.errors, HasSubstr("HF_HUB_OFFLINE: is set"));
}

TEST_F(StreamTest, AStreamFitsOneCheckpointAtATime) {
  const ProgramResult swept = run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream", "--disk",
                                   std::to_string(bytes_ + 1000)});
  EXPECT_EQ(swept.exit_code, 0) << swept.errors;
  const ProgramResult small =
      run({"sweep", "sweep.yaml", "-o", "small", "-q", "--stream", "--disk", "1000"});
  EXPECT_EQ(small.exit_code, 1);
  EXPECT_THAT(small.errors, HasSubstr("--disk allows"));
}

// As on a full disk: the thread that downloads says so, and does not end the program.
TEST_F(StreamTest, AJournalThatCannotBeWrittenIsASentence) {
  Hub hub(hub_.settings(scratch_ / "hf/hub"), {});
  Fetcher fetcher(hub, {.quiet = true});
  HubStream stream(fetcher, {.journal = "/dev/null/streaming.json"});
  Manifest manifest = Manifest::read(scratch_ / "sweep.yaml");
  stream.prepare(manifest);
  stream.expect(manifest.series[0].checkpoints);
  expect_error([&] { stream.obtain(manifest.series[0].checkpoints[0]); },
               "/dev/null: cannot make the folder");
}

TEST_F(StreamTest, AStreamKeepsWhatWasThereBefore) {
  EXPECT_EQ(run({"fetch", "--model", "org/sub", "--subfolder", "iter_80"}).exit_code, 0);
  EXPECT_EQ(run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream"}).exit_code, 0);
  EXPECT_EQ(weights_sent(), 4);
  EXPECT_EQ(blobs_of_weights(), 1);
  const HubCache cache(scratch_ / "hf/hub");
  EXPECT_TRUE(is_complete_checkpoint(cache.folder({"org/sub", "main", "iter_80"})));
}

TEST_F(StreamTest, AStreamDownloadsSharedWeightsOnce) {
  hub_.add("org/sub", "main", "iter_160/model.safetensors",
           read_file(bundled(40) / "model.safetensors"), true);
  EXPECT_EQ(run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream"}).exit_code, 0);
  EXPECT_EQ(weights_sent(), 3);
  EXPECT_EQ(blobs_of_weights(), 0);
  const Json cells = results(scratch_ / "run")["cells"];
  ASSERT_EQ(cells.size(), 4u);
  for (const Json& cell : cells) EXPECT_EQ(cell["state"], "done");
}

TEST_F(StreamTest, AStreamThatIsKilledGoesOnAndCleansUp) {
  Json expected = plain_results();
  int killed = 0;
  for (int delay = 30; delay < 4000; delay += 60) {
    Program program(call({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream"}));
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    program.signal(SIGKILL);
    const ProgramResult result = program.wait();
    if (result.exit_code == 0) break;
    ++killed;
  }
  EXPECT_GT(killed, 0);
  const ProgramResult last = run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream"});
  EXPECT_EQ(last.exit_code, 0) << last.errors;
  Json found = results(scratch_ / "run");
  // Of one that is killed between its last block and its end, what it took to compute is unknown.
  for (Json* report : {&expected, &found}) {
    for (Json& cell : (*report)["cells"]) cell.erase("rows");
  }
  EXPECT_EQ(found, expected);
  EXPECT_EQ(blobs_of_weights(), 0) << "also what killed runs brought is removed";
}

TEST_F(StreamTest, AStreamReportsWhatItComputedThoughOthersWroteToTheStore) {
  scratch_.write("scores.csv", "series,step,task,value\nb,1,t,0.5\n");
  int requests = 0;
  ProgramResult imported;
  hub_.instead_of_store = [&](const ServedRequest&) -> std::optional<ServedReply> {
    if (++requests == 3) imported = run({"import", "scores.csv", "--store", "run"});
    return {};
  };
  const ProgramResult swept = run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream"});
  EXPECT_EQ(imported.exit_code, 0) << imported.errors;
  EXPECT_EQ(swept.exit_code, 0) << swept.errors;
  const Json cells = results(scratch_ / "run")["cells"];
  ASSERT_EQ(cells.size(), 5u);
  for (const Json& cell : cells) EXPECT_EQ(cell["state"], "done") << cell;
}

TEST_F(StreamTest, SharesStreamIntoOneStoreAtOnce) {
  hub_.instead_of_store = [](const ServedRequest&) -> std::optional<ServedReply> {
    std::this_thread::sleep_for(300ms);  // so that neither is through before the other begins
    return {};
  };
  const auto share = [&](const char* which) {
    return call({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream", "--shard", which});
  };
  Program first(share("1/2")), second(share("2/2"));
  const ProgramResult of_first = first.wait(), of_second = second.wait();
  EXPECT_EQ(of_first.exit_code, 0) << of_first.errors;
  EXPECT_EQ(of_second.exit_code, 0) << of_second.errors;
  EXPECT_EQ(results(scratch_ / "run"), plain_results());
  EXPECT_EQ(blobs_of_weights(), 0);
}

TEST_F(StreamTest, TwoStreamsOfTheSameIntoOneStoreAreRefused) {
  std::optional<ProgramResult> second;
  hub_.instead_of_store = [&](const ServedRequest&) -> std::optional<ServedReply> {
    if (!second) second = run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream"});
    return {};
  };
  EXPECT_EQ(run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream"}).exit_code, 0);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->exit_code, 2);
  EXPECT_THAT(second->errors, HasSubstr("another e2lm streams into"));
}

// Weights that another process works on are given back, and fetched again if it did not finish.
TEST_F(StreamTest, WhatAnotherStreamUsesIsRemovedWhenItDoesNot) {
  const std::vector<std::string> sweep = {"sweep", "sweep.yaml", "-o", "run", "-q", "--stream"};
  {
    const HubCache::Use other(HubCache(scratch_ / "hf/hub")
                                  .use_file("org/sub", MadeHub::commit_of("org/sub", "main"),
                                            "iter_80/model.safetensors"));
    EXPECT_EQ(run(sweep).exit_code, 0);
    EXPECT_EQ(blobs_of_weights(), 1);
    EXPECT_TRUE(fs::exists(scratch_ / "run/streaming.json"));
  }
  EXPECT_THAT(run(sweep).output, HasSubstr("Nothing to compute"));
  EXPECT_EQ(blobs_of_weights(), 0);
  EXPECT_FALSE(fs::exists(scratch_ / "run/streaming.json"));
}

TEST_F(StreamTest, StreamsOfTheSameIntoTwoStoresTakeNothingFromEachOther) {
  hub_.instead_of_store = [](const ServedRequest&) -> std::optional<ServedReply> {
    std::this_thread::sleep_for(100ms);
    return {};
  };
  Program first(call({"sweep", "sweep.yaml", "-o", "one", "-q", "--stream"}));
  Program second(call({"sweep", "sweep.yaml", "-o", "two", "-q", "--stream"}));
  for (Program* program : {&first, &second}) {
    const ProgramResult result = program->wait();
    EXPECT_EQ(result.exit_code, 0) << result.errors;
  }
  EXPECT_EQ(results(scratch_ / "one"), results(scratch_ / "two"));
}

TEST_F(StreamTest, AStreamPutsAsideWhatOthersWorkOn) {
  fs::create_directories(scratch_ / "run");
  Claims others(scratch_ / "run/store.sqlite");
  ASSERT_TRUE(others.take(1));  // the first weights that the store will know
  int requests = 0;
  hub_.instead_of_store = [&](const ServedRequest&) -> std::optional<ServedReply> {
    if (++requests == 4) others.give_back(1);
    return {};
  };
  const ProgramResult swept = run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream", "--disk",
                                   std::to_string(bytes_ + 1000)});
  EXPECT_EQ(swept.exit_code, 0) << swept.errors;
  EXPECT_EQ(requests, 5);
  EXPECT_EQ(results(scratch_ / "run"), plain_results());
  EXPECT_EQ(blobs_of_weights(), 0);
}

TEST_F(StreamTest, ABrokenCheckpointOfAStreamStopsNothing) {
  const std::string whole = read_file(bundled(80) / "model.safetensors");
  hub_.add("org/sub", "main", "iter_80/model.safetensors", whole.substr(0, 1000), true);
  const ProgramResult swept = run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream"});
  EXPECT_EQ(swept.exit_code, 1);
  const Json cells = results(scratch_ / "run")["cells"];
  EXPECT_EQ(cells[1]["state"], "failed");
  EXPECT_THAT(cells[1]["error"].get<std::string>(), HasSubstr("model.safetensors"));
  EXPECT_EQ(cells[2]["state"], "done");
  hub_.add("org/sub", "main", "iter_80/model.safetensors", whole, true);
  EXPECT_EQ(run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream"}).exit_code, 0);
  EXPECT_EQ(results(scratch_ / "run"), plain_results());
}

TEST_F(StreamTest, WhatCameOfAFailedCheckpointServesTheNextSweepUnlessRoomIsScarce) {
  const std::string weights = read_file(bundled(80) / "model.safetensors");
  const std::string hash = hub_.add("org/sub", "main", "iter_80/model.safetensors", weights, true);
  const Path begun = HubCache(scratch_ / "hf/hub").blob("org/sub", hash).string() + ".incomplete";
  bool breaks = true;
  hub_.instead_of_store = [&](const ServedRequest& request) -> std::optional<ServedReply> {
    if (!breaks || !request.path().ends_with(hash)) return {};
    if (!request.header("range").empty()) return ServedReply{.status = 403};
    return ServedReply{.body = weights, .cut_after = 5000};
  };
  const std::vector<std::string> sweep = {"sweep", "sweep.yaml", "-o", "run", "-q", "--stream"};
  EXPECT_EQ(run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream", "--disk", "9M"}).exit_code,
            1);
  EXPECT_FALSE(fs::exists(begun)) << "what is held is limited";
  EXPECT_FALSE(fs::exists(scratch_ / "run/streaming.json"));
  EXPECT_EQ(run(sweep).exit_code, 1);
  EXPECT_EQ(fs::file_size(begun), 5000u);
  EXPECT_THAT(read_file(scratch_ / "run/streaming.json"), HasSubstr(hash));
  breaks = false;
  EXPECT_EQ(run(sweep).exit_code, 0);
  EXPECT_EQ(hub_.store().requests().back().header("range"), "bytes=5000-");
  EXPECT_FALSE(fs::exists(begun));
  EXPECT_FALSE(fs::exists(scratch_ / "run/streaming.json"));
}

TEST_F(StreamTest, AConfigurationThatCannotBeHadIsSaidToBeTheReason) {
  const std::string config = read_file(bundled(80) / "config.json") + "\n";
  hub_.add("org/sub", "main", "iter_80/config.json", config, false);
  hub_.instead = [](const ServedRequest& request) -> std::optional<ServedReply> {
    if (!request.path().ends_with("iter_80/config.json")) return {};
    return ServedReply{.status = 403};
  };
  const ProgramResult swept = run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream"});
  EXPECT_EQ(swept.exit_code, 1);
  EXPECT_THAT(swept.errors, HasSubstr("iter_80/config.json: access is refused"));
  const Json cells = results(scratch_ / "run")["cells"];
  EXPECT_THAT(cells[1]["error"].get<std::string>(), HasSubstr("access is refused"));
  EXPECT_EQ(cells[2]["state"], "done");
}

TEST_F(StreamTest, ATokenizerThatIsNotThereIsWhatIsMissing) {
  hub_.instead = [](const ServedRequest& request) -> std::optional<ServedReply> {
    if (!request.path().ends_with("/tokenizer.json")) return {};
    return ServedReply{.status = 403};
  };
  const ProgramResult swept = run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream"});
  EXPECT_EQ(swept.exit_code, 2);
  EXPECT_THAT(swept.errors, HasSubstr("/tokenizer.json: access is refused"));
  EXPECT_THAT(swept.errors, HasSubstr("series a: has no tokenizer"));
}

}  // namespace
}  // namespace e2lm
