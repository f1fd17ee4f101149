// Checkpoints that somebody writes to, replaces or cuts off while they are swept: a failed cell
// that says so, and never a score of half-old weights.

#include <gtest/gtest.h>

#include "harness/results/results.h"
#include "harness/sweep/sweep.h"
#include "tests/support/fake_engine.h"
#include "tests/support/run_folder.h"

namespace e2lm {
namespace {

using OpenEngine = std::function<std::unique_ptr<Engine>(const Checkpoint&)>;

class ChangedFilesTest : public testing::Test {
 protected:
  SweepSummary sweep(const OpenEngine& open_engine) {
    Store store = Store::open(store_path_);
    const PlannedSweep planned =
        plan_sweep(Manifest::read(folder_.manifest), TaskLibrary({}), store, {}, EngineOptions{});
    SweepOptions options{.quiet = true};
    options.open_engine = [&](const Checkpoint& checkpoint, const EngineOptions&) {
      return open_engine(checkpoint);
    };
    return run_sweep(planned, store, options);
  }

  // The middle checkpoint's cell failed with these words, the others are done; and when the sweep
  // runs again it is done too.
  void expect_failed_cell(const SweepSummary& summary, const std::string& words) {
    EXPECT_EQ(summary.computed, 2);
    EXPECT_EQ(summary.failed, 1);
    const Report report = load_report(Store::open_existing(store_path_));
    EXPECT_EQ(report.cells.at(1).state, "failed");
    EXPECT_NE(report.cells.at(1).error.find(words), std::string::npos) << report.cells.at(1).error;
    EXPECT_NE(report.cells.at(1).error.find("iter_80"), std::string::npos);
    write_file(weights_, whole_);
    EXPECT_EQ(sweep(real_).failed, 0);
  }

  void overwrite(std::string_view bytes) const {  // the same file, as a trainer that saves again
    std::FILE* file = std::fopen(weights_.c_str(), "r+b");
    std::fwrite(bytes.data(), 1, bytes.size(), file);
    std::fclose(file);
  }

  bool is_middle(const Checkpoint& checkpoint) const {
    return checkpoint.folder() == folder_.checkpoint(80);
  }

  RunFolder folder_;
  Path store_path_ = folder_.scratch / "run/store.sqlite";
  Path weights_ = folder_.checkpoint(80) / "model.safetensors";
  std::string whole_ = read_file(weights_);
  OpenEngine real_ = [](const Checkpoint& checkpoint) { return Engine::open(checkpoint, {}); };
};

TEST_F(ChangedFilesTest, CutOffBeforeItsWeightsAreRead) {
  const SweepSummary summary = sweep([&](const Checkpoint& checkpoint) {
    if (is_middle(checkpoint)) std::filesystem::resize_file(weights_, 5000);
    return real_(checkpoint);
  });
  expect_failed_cell(summary, "now has 5000: it was changed while it was read");
}

// The token embeddings are read where they lie in the file.
TEST_F(ChangedFilesTest, CutOffBetweenOpeningAndScoring) {
  const SweepSummary summary = sweep([&](const Checkpoint& checkpoint) {
    auto engine = real_(checkpoint);
    if (is_middle(checkpoint)) std::filesystem::resize_file(weights_, 0);
    return engine;
  });
  expect_failed_cell(summary, "was changed while it was read");
}

TEST_F(ChangedFilesTest, OverwrittenWhileItIsRead) {
  const SweepSummary summary = sweep([&](const Checkpoint& checkpoint) {
    if (is_middle(checkpoint)) overwrite(whole_);
    return real_(checkpoint);
  });
  expect_failed_cell(summary, "was changed while it was read");
}

TEST_F(ChangedFilesTest, AnotherFileInItsPlaceSinceThePlan) {
  const std::string other = read_file(folder_.checkpoint(40) / "model.safetensors");
  bool replaced = false;
  const SweepSummary summary = sweep([&](const Checkpoint&) {
    if (!replaced) write_file(weights_, other);  // while the first checkpoint is opened
    replaced = true;
    return std::make_unique<FakeEngine>();
  });
  expect_failed_cell(summary, "its weights were changed since this sweep began");
}

}  // namespace
}  // namespace e2lm
