// The program against a small hub: fetch, sweep --fetch, sweep --stream, run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "harness/hub/cache.h"
#include "harness/results/results.h"
#include "harness/store/claims.h"
#include "reports/table.h"
#include "tests/support/made_hub.h"
#include "tests/support/places.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"
#include "tests/support/task_files.h"

namespace e2lm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

namespace fs = std::filesystem;

constexpr const char* kToken = "hf_tokenOfTheProgramsTest";
const std::vector<int> kSteps = {40, 80, 120, 160};

Path bundled(int step) {
  const std::string digits = std::to_string(step);
  return source_dir() / "series/small-deep" /
         ("iter_" + std::string(7 - digits.size(), '0') + digits);
}

// Four bundled checkpoints as subfolders of a repository, and as revisions of another.
class HubCommandsTest : public testing::Test {
 protected:
  HubCommandsTest() {
    hub_.token = kToken;
    const Path tokenizer = source_dir() / "series/tokenizer/tokenizer.json";
    hub_.add("org/sub", "main", "tokenizer.json", read_file(tokenizer), false);
    for (const int step : kSteps) {
      hub_.add_checkpoint("org/sub", "main", "iter_" + std::to_string(step), bundled(step));
      const std::string revision = "step" + std::to_string(step);
      hub_.add_checkpoint("org/rev", revision, "", bundled(step));
      hub_.add("org/rev", revision, "tokenizer.json", read_file(tokenizer), false);
    }
    bytes_ = static_cast<int64_t>(fs::file_size(bundled(40) / "model.safetensors"));
    TaskFiles().write(scratch_, "tasks");
    write_manifest("hub: org/sub, subfolder: 'iter_{step}'");
  }

  void write_manifest(const std::string& place) {
    scratch_.write("sweep.yaml", "tasks: [" + (scratch_ / "tasks/colours.yaml").string() +
                                     "]\nseries:\n  - {name: a, " + place +
                                     ", steps: [40, 80, 120, 160], tokens: {per_step: 2048}}\n");
  }

  ProgramCall call(std::vector<std::string> words) {
    return {.arguments = std::move(words),
            .folder = scratch_.folder(),
            .environment = hub_.environment(scratch_ / "hf")};
  }

  ProgramResult run(std::vector<std::string> words) {
    const ProgramResult result = run_program(call(std::move(words)));
    EXPECT_THAT(result.output + result.errors, Not(HasSubstr(kToken)));
    EXPECT_THAT(result.output + result.errors, Not(HasSubstr("s3cr3t")));
    return result;
  }

  // Scores and states, without times and folders.
  static Json results(const Path& run_folder) {
    Json json = report_json(load_report(Store::open_existing(run_folder / "store.sqlite")));
    for (Json& cell : json["cells"]) cell.erase("seconds");
    return json;
  }

  // What a sweep of the same checkpoints as local folders gives.
  Json plain_results() {
    fs::create_directories(scratch_ / "local");
    for (const int step : kSteps) {
      fs::copy(bundled(step), scratch_ / ("local/iter_" + std::to_string(step)),
               fs::copy_options::recursive);
    }
    const std::string manifest = read_file(scratch_ / "sweep.yaml");
    write_manifest("path: 'local/iter_{step}', tokenizer: " + source_dir().string() +
                   "/series/tokenizer");
    EXPECT_EQ(run({"sweep", "sweep.yaml", "-o", "plain", "-q"}).exit_code, 0);
    scratch_.write("sweep.yaml", manifest);
    return results(scratch_ / "plain");
  }

  int weights_sent() const {
    int count = 0;
    for (const ServedRequest& request : hub_.store().requests()) count += request.method == "GET";
    return count;
  }

  int blobs_of_weights() const {
    int count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(scratch_ / "hf")) {
      count += entry.path().parent_path().filename() == "blobs" &&
               entry.path().filename().string().size() == 64;
    }
    return count;
  }

  void expect_no_token_on_disk() {
    for (const auto& entry : fs::recursive_directory_iterator(scratch_.folder())) {
      if (!entry.is_regular_file()) continue;
      EXPECT_THAT(read_file(entry.path()), Not(HasSubstr(kToken))) << entry.path();
    }
    for (const ServedRequest& request : hub_.store().requests()) {
      EXPECT_EQ(request.header("authorization"), "");
    }
  }

  Scratch scratch_;
  MadeHub hub_;
  int64_t bytes_ = 0;  // of a checkpoint's weights
};

TEST_F(HubCommandsTest, FetchThenSweepIsAsASweepOfFolders) {
  const ProgramResult before = run({"sweep", "sweep.yaml", "-o", "run", "-q"});
  EXPECT_EQ(before.exit_code, 2);
  EXPECT_THAT(before.errors,
              AllOf(HasSubstr("org/sub@main/iter_40 is not here"), HasSubstr("`e2lm fetch`")));
  const ProgramResult fetched = run({"fetch", "sweep.yaml"});
  EXPECT_EQ(fetched.exit_code, 0) << fetched.errors;
  EXPECT_THAT(fetched.output, HasSubstr("Fetched 9 files"));
  const ProgramResult again = run({"fetch", "sweep.yaml"});
  EXPECT_THAT(again.output, HasSubstr("Nothing to fetch: all checkpoints are here"));
  EXPECT_EQ(weights_sent(), 4);
  EXPECT_EQ(run({"sweep", "sweep.yaml", "-o", "run", "-q"}).exit_code, 0);
  EXPECT_EQ(results(scratch_ / "run"), plain_results());
  expect_no_token_on_disk();
}

TEST_F(HubCommandsTest, SweepFetchesRevisions) {
  write_manifest("hub: org/rev, revision: 'step{step}'");
  const ProgramResult swept = run({"sweep", "sweep.yaml", "-o", "run", "-q", "--fetch"});
  EXPECT_EQ(swept.exit_code, 0) << swept.errors;
  EXPECT_EQ(results(scratch_ / "run"), plain_results());
  EXPECT_EQ(hub_.sent("tokenizer.json"), 1) << "the same file of four revisions";
}

TEST_F(HubCommandsTest, AStreamIsAsAPlainSweepAndLeavesNoWeights) {
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

TEST_F(HubCommandsTest, AStreamFitsOneCheckpointAtATime) {
  const ProgramResult swept = run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream", "--disk",
                                   std::to_string(bytes_ + 1000)});
  EXPECT_EQ(swept.exit_code, 0) << swept.errors;
  const ProgramResult small =
      run({"sweep", "sweep.yaml", "-o", "small", "-q", "--stream", "--disk", "1000"});
  EXPECT_EQ(small.exit_code, 1);
  EXPECT_THAT(small.errors, HasSubstr("--disk allows"));
}

TEST_F(HubCommandsTest, AStreamKeepsWhatWasThereBefore) {
  EXPECT_EQ(run({"fetch", "--model", "org/sub", "--subfolder", "iter_80"}).exit_code, 0);
  EXPECT_EQ(run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream"}).exit_code, 0);
  EXPECT_EQ(weights_sent(), 4);
  EXPECT_EQ(blobs_of_weights(), 1);
  const HubCache cache(scratch_ / "hf/hub");
  EXPECT_TRUE(is_complete_checkpoint(cache.folder({"org/sub", "main", "iter_80"})));
}

TEST_F(HubCommandsTest, AStreamDownloadsSharedWeightsOnce) {
  hub_.add("org/sub", "main", "iter_160/model.safetensors",
           read_file(bundled(40) / "model.safetensors"), true);
  EXPECT_EQ(run({"sweep", "sweep.yaml", "-o", "run", "-q", "--stream"}).exit_code, 0);
  EXPECT_EQ(weights_sent(), 3);
  EXPECT_EQ(blobs_of_weights(), 0);
  const Json cells = results(scratch_ / "run")["cells"];
  ASSERT_EQ(cells.size(), 4u);
  for (const Json& cell : cells) EXPECT_EQ(cell["state"], "done");
}

TEST_F(HubCommandsTest, AStreamThatIsKilledGoesOnAndCleansUp) {
  const Json expected = plain_results();
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
  EXPECT_EQ(results(scratch_ / "run"), expected);
  EXPECT_EQ(blobs_of_weights(), 0) << "also what killed runs brought is removed";
}

TEST_F(HubCommandsTest, AStreamReportsWhatItComputedThoughOthersWroteToTheStore) {
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

TEST_F(HubCommandsTest, SharesStreamIntoOneStoreAtOnce) {
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

TEST_F(HubCommandsTest, TwoStreamsOfTheSameIntoOneStoreAreRefused) {
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
TEST_F(HubCommandsTest, AStreamPutsAsideWhatOthersWorkOn) {
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

TEST_F(HubCommandsTest, ABrokenCheckpointOfAStreamStopsNothing) {
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

TEST_F(HubCommandsTest, AKilledFetchGoesOn) {
  hub_.instead_of_store = [n = 0](const ServedRequest&) mutable -> std::optional<ServedReply> {
    if (n++ > 0) return {};
    return ServedReply{.body = read_file(bundled(40) / "model.safetensors"), .stall_after = 5000};
  };
  const std::vector<std::string> words = {"fetch",       "--model", "org/sub",
                                          "--subfolder", "iter_40", "-q"};
  Path incomplete;
  {
    Program program(call(words));
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (incomplete.empty() && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(5ms);
      if (!fs::exists(scratch_ / "hf/hub/models--org--sub/blobs")) continue;
      for (const Path& path : list_folder(scratch_ / "hf/hub/models--org--sub/blobs")) {
        std::error_code none;
        if (path.extension() == ".incomplete" && fs::file_size(path, none) == 5000) {
          incomplete = path;
        }
      }
    }
    program.signal(SIGKILL);
    program.wait();
  }
  ASSERT_FALSE(incomplete.empty());
  const ProgramResult again = run(words);
  EXPECT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_EQ(hub_.store().requests().back().header("range"), "bytes=5000-");
  EXPECT_EQ(read_file(Path(again.output.substr(again.output.find('/'),
                                               again.output.rfind('\n') - again.output.find('/'))) /
                      "model.safetensors"),
            read_file(bundled(40) / "model.safetensors"));
}

TEST_F(HubCommandsTest, AnInterruptedFetchSaysSo) {
  hub_.instead_of_store = [](const ServedRequest&) -> std::optional<ServedReply> {
    return ServedReply{.body = std::string(100000, 'x'), .stall_after = 0};
  };
  Program program(call({"fetch", "sweep.yaml", "-q"}));
  while (hub_.store().requests().empty()) std::this_thread::sleep_for(5ms);
  program.signal(SIGINT);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.exit_code, 130) << result.errors;
}

TEST_F(HubCommandsTest, RunTakesRepositoriesFromTheCache) {
  const std::vector<std::string> words = {
      "run",          "-q",
      "--model_args", "pretrained=org/rev,revision=step80,dtype=float32",
      "--tasks",      (scratch_ / "tasks/colours.yaml").string()};
  const ProgramResult before = run(words);
  EXPECT_EQ(before.exit_code, 2);
  EXPECT_THAT(before.errors, HasSubstr("`e2lm fetch --model org/rev --revision step80` before"));
  EXPECT_EQ(run({"fetch", "--model", "org/rev", "--revision", "step80", "-q"}).exit_code, 0);
  const ProgramResult after = run(words);
  EXPECT_EQ(after.exit_code, 0) << after.errors;
  EXPECT_THAT(after.output, HasSubstr("colours"));
}

TEST_F(HubCommandsTest, WrongUseIsRefused) {
  const auto refused = [&](std::vector<std::string> words) {
    const ProgramResult result = run(std::move(words));
    EXPECT_EQ(result.exit_code, 2) << result.output;
    return result.errors;
  };
  EXPECT_THAT(refused({"sweep", "sweep.yaml", "--disk", "1G"}), HasSubstr("needs --stream"));
  EXPECT_THAT(refused({"sweep", "sweep.yaml", "--jobs", "4"}),
              HasSubstr("--jobs: needs --fetch or --stream"));
  EXPECT_THAT(refused({"sweep", "sweep.yaml", "--slurm", "--disk", "1G"}),
              HasSubstr("needs --stream"));
  EXPECT_THAT(refused({"sweep", "sweep.yaml", "--stream", "--fetch"}), HasSubstr("exclude"));
  EXPECT_THAT(refused({"fetch", "--model", "../x"}), HasSubstr("no repository's name"));
  EXPECT_THAT(refused({"fetch", "--model", "org/sub", "--subfolder", "../x"}),
              HasSubstr("no name within a repository"));
  EXPECT_THAT(refused({"fetch", "sweep.yaml", "--revision", "x"}), HasSubstr("needs --model"));
  EXPECT_THAT(refused({"fetch", "sweep.yaml", "--data-from", "rows"}), HasSubstr("needs --tasks"));
  EXPECT_THAT(refused({"fetch", "sweep.yaml", "--include_path", "."}), HasSubstr("needs --tasks"));
  EXPECT_THAT(refused({"fetch", "sweep.yaml", "--jobs", "0"}), HasSubstr("1 to 64"));
  write_manifest("path: 'local/iter_{step}'");
  EXPECT_THAT(refused({"fetch", "sweep.yaml"}), HasSubstr("names no checkpoints on the hub"));
  EXPECT_THAT(refused({"sweep", "sweep.yaml", "--stream"}), HasSubstr("no checkpoints on the hub"));
  for (const auto& [place, what] : std::map<std::string, std::string>{
           {"hub: org/sub", "{step}"},
           {"hub: org/sub, subfolder: 'iter_{stop}'", "braces"},
           {"hub: ../sub, subfolder: 'iter_{step}'", "ORG/NAME"},
           {"hub: org/sub, subfolder: '../iter_{step}'", "no name within"},
           {"hub: org/sub, path: 'x_{step}', revision: 'x{step}'", "exclude each other"},
           {"path: 'x_{step}', revision: 'x{step}'", "needs a repository"}}) {
    write_manifest(place);
    EXPECT_THAT(refused({"validate", "sweep.yaml"}), HasSubstr(what)) << place;
  }
  hub_.token = "another";
  const ProgramResult result = run_program(
      {.arguments = {"fetch", "--model", "org/sub"},
       .environment = {{"HF_ENDPOINT", hub_.url()}, {"HF_HOME", (scratch_ / "hf2").string()}}});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("does not exist, or is private"));
}

TEST_F(HubCommandsTest, TheTokenFileIsUsed) {
  auto environment = hub_.environment(scratch_ / "hf");
  environment["HF_TOKEN"] = "";
  scratch_.write("hf/token", std::string(kToken) + "\n");
  const ProgramResult result =
      run_program({.arguments = {"fetch", "--model", "org/sub", "--subfolder", "iter_40"},
                   .environment = environment});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
}

TEST_F(HubCommandsTest, ExamplesAreRight) {
  for (const Path& example : list_folder(source_dir() / "examples")) {
    const ProgramResult result = run({"validate", example});
    EXPECT_EQ(result.exit_code, 0) << example << result.errors;
    EXPECT_THAT(result.output, HasSubstr("on the hub")) << example;
  }
}

}  // namespace
}  // namespace e2lm
