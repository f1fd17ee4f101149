// Long series and long lists of tasks: they start at once, take no more memory the longer they run,
// and what they leave can be judged and looked at.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>

#include "base/memory.h"
#include "harness/import/importer.h"
#include "harness/results/results.h"
#include "harness/sweep/sweep.h"
#include "harness/sweep/watch.h"
#include "reports/page.h"
#include "reports/report.h"
#include "tests/support/fake_engine.h"
#include "tests/support/places.h"
#include "tests/support/safetensors_writer.h"
#include "tests/support/sanitized.h"
#include "tests/support/scratch.h"
#include "tests/support/task_files.h"

namespace e2lm {
namespace {

// Limits that a busy machine keeps, too: ten times and more what an idle one takes; the numbers
// printed are those to look at. Sanitizers make judging twelve times as slow.
constexpr double kPatience = kSanitized ? 30 : 4;

const std::vector<std::string> kAllTasks = {"t*"};

class ScaleTest : public testing::Test {
 protected:
  using Clock = std::chrono::steady_clock;

  void make(int checkpoints, int tasks) const {
    const std::string weights = safetensors_bytes(
        R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", std::string(4, '\0'));
    for (int step = 1; step <= checkpoints; ++step) {
      const Path folder = scratch_ / ("a/" + std::to_string(step));
      put(folder / "model.safetensors", weights);
      put(folder / "config.json",
          R"({"model_type": "llama", "max_position_embeddings": 512, "n": )" +
              std::to_string(step) + "}");
    }
    const TaskFiles files;
    put(scratch_ / "tasks/test.jsonl", files.test);
    put(scratch_ / "tasks/dev.jsonl", files.dev);
    for (int task = 0; task < tasks; ++task) {
      const std::string name = "t" + std::to_string(task);
      std::string yaml = files.yaml;
      yaml.replace(yaml.find("colours"), 7, name);
      yaml.replace(yaml.find("Question"), 8, "Question of " + name);
      put(scratch_ / "tasks" / (name + ".yaml"), yaml);
    }
    put(scratch_ / "sweep.yaml", "tasks: ['t*']\ntokenizer: " + source_dir().string() +
                                     "/series/tokenizer\n"
                                     "series:\n  - {name: a, path: 'a/{step}', steps: scan, "
                                     "tokens: {per_step: 1e9}}\n");
  }

  // Thousands of files need not reach the disk.
  static void put(const Path& path, std::string_view content) {
    std::filesystem::create_directories(path.parent_path());
    std::FILE* file = std::fopen(path.c_str(), "wb");
    std::fwrite(content.data(), 1, content.size(), file);
    std::fclose(file);
  }

  struct Outcome {
    double start_seconds = 0;  // until the first checkpoint is opened
    double seconds = 0;
    int64_t computed = 0;
    int64_t grown_bytes = 0;  // from the tenth part on
  };

  Outcome sweep() const {
    const auto started = Clock::now();
    Store store = Store::open(scratch_ / "run/store.sqlite");
    const TaskLibrary library({scratch_ / "tasks"});
    const PlannedSweep planned =
        plan_sweep(Manifest::read(scratch_ / "sweep.yaml"), library, store, {}, EngineOptions{});
    Outcome outcome;
    outcome.start_seconds = since(started);
    const int64_t checkpoints = std::ssize(planned.plan.series[0].checkpoints);
    int64_t opened = 0, early_bytes = 0;
    SweepOptions options{.quiet = true};
    options.open_engine = [&](const Checkpoint&, const EngineOptions&) {
      if (++opened == checkpoints / 10 + 1) early_bytes = resident_bytes();
      return std::make_unique<FakeEngine>();
    };
    outcome.computed = run_sweep(planned, store, options).computed;
    outcome.grown_bytes = opened > 0 ? resident_bytes() - early_bytes : 0;
    outcome.seconds = since(started);
    return outcome;
  }

  struct Shown {
    size_t cells = 0, judgements = 0;
    size_t page_bytes = 0;
    double seconds = 0;  // to judge, and to make the page
  };

  // Sweeps, finds nothing left to do, judges and makes the page.
  Shown sweep_and_show(const char* what, int64_t cells) const {
    const Outcome first = sweep();
    EXPECT_EQ(first.computed, cells);
    EXPECT_LT(first.start_seconds, 5 * kPatience);
    EXPECT_TRUE(kSanitized || first.grown_bytes < 16 << 20) << first.grown_bytes;
    const Outcome again = sweep();
    EXPECT_EQ(again.computed, 0);
    EXPECT_LT(again.seconds, 5 * kPatience);
    const auto started = Clock::now();
    const Report report = load_report(Store::open_existing(scratch_ / "run/store.sqlite"));
    const double loading = since(started);
    const std::string page = page_html(report_json(report));
    const double all = since(started);
    std::printf(
        "%s: starts in %.2f s, %lld cells in %.1f s, +%s from the tenth part on; again in %.2f s; "
        "judged in %.2f s; page of %s in %.2f s\n",
        what, first.start_seconds, static_cast<long long>(cells), first.seconds,
        format_bytes(first.grown_bytes).c_str(), again.seconds, loading,
        format_bytes(std::ssize(page)).c_str(), all - loading);
    return {report.cells.size(), report.judgements.size(), page.size(), all};
  }

  static double since(Clock::time_point started) {
    return std::chrono::duration<double>(Clock::now() - started).count();
  }

  Scratch scratch_;
};

TEST_F(ScaleTest, AThousandCheckpoints) {
  make(1000, 3);
  const Shown shown = sweep_and_show("1,000 checkpoints, 3 tasks", 3000);
  EXPECT_EQ(shown.cells, 3000u);
  EXPECT_LT(shown.seconds, 10 * kPatience);
  EXPECT_LT(shown.page_bytes, 20u << 20);
}

// Each look of a watch, and what it does when the thousandth checkpoint comes.
TEST_F(ScaleTest, AThousandWatchedCheckpoints) {
  make(1000, 5);
  Store store = Store::open(scratch_ / "run/store.sqlite");
  const std::vector<Task> tasks = TaskLibrary({scratch_ / "tasks"}).select(kAllTasks).tasks;
  CheckpointWatch watch(store);
  PlannedSweep planned;
  SweepOptions options{.quiet = true};
  options.open_engine = [&](const Checkpoint&, const EngineOptions&) {
    return std::make_unique<FakeEngine>();
  };
  const auto look = [&] { return watch.look(Manifest::read(scratch_ / "sweep.yaml", true)); };
  const auto sweep = [&](const CheckpointWatch::Look& seen) {
    planned = plan_sweep(seen.settled, tasks, store, {}, EngineOptions{}, {.earlier = &planned});
    return run_sweep(planned, store, options).computed;
  };
  std::filesystem::rename(scratch_ / "a/1000", scratch_ / "last");
  look();
  EXPECT_EQ(sweep(look()), 5 * 999);

  auto started = Clock::now();
  EXPECT_TRUE(look().news.empty());
  const double idle = since(started);
  std::filesystem::rename(scratch_ / "last", scratch_ / "a/1000");
  look();
  started = Clock::now();
  EXPECT_EQ(sweep(look()), 5);
  const double arrival = since(started);
  EXPECT_LT(idle, kPatience / 2);
  EXPECT_LT(arrival, kPatience);
  started = Clock::now();
  const size_t cells = load_report(store).cells.size();
  EXPECT_EQ(cells, 5000u);
  std::printf(
      "1,000 watched checkpoints, 5 tasks: a look takes %.3f s, a checkpoint that comes %.3f s; "
      "judged in %.2f s\n",
      idle, arrival, since(started));
}

TEST_F(ScaleTest, AThousandTasks) {
  make(10, 1000);
  const Shown shown = sweep_and_show("10 checkpoints, 1,000 tasks", 10'000);
  EXPECT_EQ(shown.judgements, 1000u);
  EXPECT_LT(shown.seconds, 30 * kPatience);
  EXPECT_LT(shown.page_bytes, 40u << 20);
}

// Four times the files take about four times as long, not sixteen times. Of the processor, whatever
// else it does meanwhile.
TEST_F(ScaleTest, AThousandImportedFilesAgain) {
  for (int file = 0; file < 1000; ++file) {
    std::string table = "series,step,task,value\n";
    for (int task = 0; task < 50; ++task) table += fmt::format("m,{},t{},0.5\n", file, task);
    for (const char* folder : {"all", "some"}) {
      if (folder == std::string("all") || file < 250) {
        scratch_.write(fmt::format("{}/{}.csv", folder, file), table);
      }
    }
  }
  const auto import_again = [&](const char* folder) {
    Store store = Store::in_memory();
    const std::vector<Path> paths = {scratch_ / folder};
    import_results(paths, {}, store);
    const std::clock_t started = std::clock();
    import_results(paths, {}, store);
    return static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC;
  };
  const double some = import_again("some"), all = import_again("all");
  EXPECT_LT(all, 8 * some);
  std::printf("1,000 files of 50 scores again: %.2f s of processor\n", all);
}

}  // namespace
}  // namespace e2lm
