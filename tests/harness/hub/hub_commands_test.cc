// The program against a small hub: fetch, sweep --fetch, run.

#include <chrono>
#include <thread>

#include "harness/hub/cache.h"
#include "tests/harness/hub/hub_program.h"

namespace e2lm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using namespace std::chrono_literals;

namespace fs = std::filesystem;

using HubCommandsTest = HubProgramTest;

TEST_F(HubCommandsTest, FetchThenSweepIsAsASweepOfFolders) {
  const ProgramResult before = run({"sweep", "sweep.yaml", "-o", "run", "-q"});
  EXPECT_EQ(before.exit_code, 2);
  EXPECT_THAT(before.errors,
              AllOf(HasSubstr("org/sub@main/iter_40 is not here"), HasSubstr("`e2lm fetch`")));
  const ProgramResult fetched = run({"fetch", "sweep.yaml"});
  EXPECT_EQ(fetched.exit_code, 0) << fetched.errors;
  EXPECT_THAT(fetched.output, HasSubstr("Fetched 9 files"));
  fs::remove(HubCache(scratch_ / "hf/hub").folder({"org/sub", "main", "iter_40"}) /
             "model.safetensors");
  EXPECT_THAT(run({"sweep", "sweep.yaml", "-o", "part", "-q"}).errors,
              HasSubstr("org/sub@main/iter_40 is here without model.safetensors: `e2lm fetch`"));
  EXPECT_EQ(run({"fetch", "sweep.yaml"}).exit_code, 0);
  const ProgramResult again = run({"fetch", "sweep.yaml"});
  EXPECT_THAT(again.output, HasSubstr("Nothing to fetch: all checkpoints are here"));
  EXPECT_EQ(weights_sent(), 4);
  EXPECT_EQ(run({"sweep", "sweep.yaml", "-o", "run", "-q"}).exit_code, 0);
  EXPECT_EQ(results(scratch_ / "run"), plain_results());
  expect_no_token_on_disk();
}

TEST_F(HubCommandsTest, OfflineWhatIsHereIsEnough) {
  EXPECT_EQ(run({"fetch", "sweep.yaml"}).exit_code, 0);
  const size_t asked = hub_.server().requests().size();
  const auto offline = [this](std::vector<std::string> words) {
    ProgramCall program = call(std::move(words));
    program.environment["HF_HUB_OFFLINE"] = "1";
    const ProgramResult result = run_program(program);
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_EQ(result.errors, "");
    return result.output;
  };
  EXPECT_THAT(offline({"fetch", "sweep.yaml", "-q"}), HasSubstr("Nothing to fetch"));
  offline({"sweep", "sweep.yaml", "-o", "run", "-q", "--fetch"});
  offline({"sweep", "sweep.yaml", "-o", "streamed", "-q", "--stream"});
  const Json expected = plain_results();
  EXPECT_EQ(results(scratch_ / "run"), expected);
  EXPECT_EQ(results(scratch_ / "streamed"), expected);
  EXPECT_EQ(blobs_of_weights(), 4) << "a stream removes what it brought alone";
  EXPECT_EQ(hub_.server().requests().size(), asked);
  fs::remove(HubCache(scratch_ / "hf/hub").folder({"org/sub", "main", "iter_40"}) / "config.json");
  ProgramCall part = call({"fetch", "sweep.yaml", "-q"});
  part.environment["HF_HUB_OFFLINE"] = "1";
  EXPECT_THAT(run_program(part).output, HasSubstr("failed: HF_HUB_OFFLINE: is set"));
}

TEST_F(HubCommandsTest, AnEndpointThatIsNoUrlIsNamed) {
  for (const std::string name : {"HF_ENDPOINT", "HF_DATASETS_SERVER"}) {
    for (const std::string value : {"huggingface.co", "http://", "ftp://user:s3cr3t@host"}) {
      ProgramCall fetch = call({"fetch", "sweep.yaml"});
      fetch.environment[name] = value;
      const ProgramResult result = run_program(fetch);
      EXPECT_EQ(result.exit_code, 2);
      EXPECT_THAT(result.errors, HasSubstr(name + ": is no URL of the web"));
      EXPECT_THAT(result.errors, testing::Not(HasSubstr("s3cr3t")));
    }
  }
}

TEST_F(HubCommandsTest, PathsOfTheEnvironmentAreReadAsByTheLibrary) {
  ProgramCall fetch = call({"fetch", "--model", "org/sub", "--subfolder", "iter_40", "-q"});
  fetch.environment["HOME"] = fetch.environment["PLACE"] = scratch_.folder().string();
  fetch.environment["HF_HOME"] = "${PLACE}/hf";
  EXPECT_THAT(run_program(fetch).output, HasSubstr((scratch_ / "hf/hub/models--").string()));
  fetch.environment["HF_HUB_CACHE"] = "~/$PLACE/${PLACE/$/$unset_name";
  EXPECT_THAT(run_program(fetch).output,
              HasSubstr(scratch_.folder().string() + "/" + scratch_.folder().string() +
                        "/${PLACE/$/$unset_name/models--"));
  fetch.environment["HF_HUB_CACHE"] = "~";
  EXPECT_THAT(run_program(fetch).output, HasSubstr((scratch_ / "models--").string()));
  fetch.environment["TRANSFORMERS_OFFLINE"] = "1";
  EXPECT_THAT(run_program(fetch).output, HasSubstr("Nothing to fetch"));
}

TEST_F(HubCommandsTest, SweepFetchesRevisions) {
  write_manifest("hub: org/rev, revision: 'step{step}'");
  const ProgramResult swept = run({"sweep", "sweep.yaml", "-o", "run", "-q", "--fetch"});
  EXPECT_EQ(swept.exit_code, 0) << swept.errors;
  EXPECT_EQ(results(scratch_ / "run"), plain_results());
  EXPECT_EQ(hub_.sent("tokenizer.json"), 1) << "the same file of four revisions";
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
  EXPECT_THAT(refused({"fetch", "--tasks", "wordnet_kinds", "--revision", "x"}),
              HasSubstr("--revision: needs --model"));
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

// The connection to the hub must not get the stream's number, and the summary.
TEST_F(HubCommandsTest, AClosedOutputIsSaid) {
  ProgramCall fetch = call({"fetch", "--model", "org/rev", "--revision", "step80", "-q"});
  fetch.before_start = [] { ::close(STDOUT_FILENO); };
  const ProgramResult result = run_program(fetch);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("standard output: cannot be written"));
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
