#include "harness/merge/salvage.h"

#include <gtest/gtest.h>

#include "harness/import/import_tables.h"
#include "harness/merge/merge.h"
#include "harness/store/store_dump.h"
#include "tests/support/expect_error.h"
#include "tests/support/made_store.h"
#include "tests/support/program.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

constexpr size_t kPage = 4096;
constexpr int64_t kBlocks = 47;  // of a made store

class SalvageTest : public testing::Test {
 protected:
  SalvageTest() {
    make_store(good_);
    const Path table = scratch_.write("scores.csv", "series,step,task,value\nx,1,t,0.5\n");
    run_program({.arguments = {"import", table, "--store", good_}});
    bytes_ = read_file(good_);
  }

  static int64_t blocks(const Store& store) {
    return store.database().number("SELECT count(*) FROM block");
  }

  // A store's bytes but for the pages from `first` on, which are the work of a bad disk.
  static std::string without_pages(std::string bytes, size_t first, size_t count) {
    bytes.replace(first * kPage, count * kPage, count * kPage, '\xA5');
    return bytes;
  }

  Scratch scratch_;
  Path good_ = scratch_ / "good/store.sqlite";
  Path bad_ = scratch_ / "bad/store.sqlite";
  std::string bytes_;
};

TEST_F(SalvageTest, OfAWholeStoreIsThatStore) {
  std::vector<std::string> notes;
  const Store store = salvage_store(good_, notes);
  EXPECT_EQ(notes, std::vector<std::string>());
  EXPECT_EQ(content_sha256(store), content_sha256(Store::open_unchanged(good_)));
}

TEST_F(SalvageTest, WhicheverPageIsLostTheRestIsTrue) {
  const std::string whole = content_sha256(Store::open_unchanged(good_));
  const size_t pages = bytes_.size() / kPage;
  size_t without_schema = 0, much = 0;
  for (size_t page = 0; page < pages; ++page) {
    SCOPED_TRACE(page);
    write_file(bad_, without_pages(bytes_, page, 1));
    const Path saved = scratch_ / "saved" / std::to_string(page) / "store.sqlite";
    try {
      merge_stores({bad_}, saved, {.salvage = true});
    } catch (const StoreError&) {
      ++without_schema;
      continue;
    }
    const Store store = Store::open_unchanged(saved);
    if (blocks(store) >= kBlocks * 3 / 4) ++much;
    EXPECT_EQ(store.database().number("SELECT count(*) FROM cell WHERE state = 'done'"),
              blocks(store))
        << "a cell that lacks its scores is not done";
    const Path both = scratch_ / "both" / std::to_string(page) / "store.sqlite";
    merge_stores({good_, saved}, both, {.plans_may_differ = true});
    EXPECT_EQ(content_sha256(Store::open_unchanged(both)), whole) << "nothing in it was made up";
  }
  EXPECT_LE(without_schema, 3u) << "of " << pages;
  EXPECT_GE(much, pages * 3 / 4) << "of " << pages;
}

TEST_F(SalvageTest, AFileThatWasCutOffKeepsItsBeginning) {
  write_file(bad_, bytes_.substr(0, bytes_.size() / 2));
  expect_error([&] { merge_stores({bad_}, scratch_ / "x.sqlite"); }, "bad/store.sqlite",
               "merge --salvage");
  std::vector<std::string> notes;
  const Store store = salvage_store(bad_, notes);
  EXPECT_FALSE(notes.empty());
  EXPECT_EQ(store.database().number("SELECT count(*) FROM weights"), 48);
}

TEST_F(SalvageTest, BlocksThatDoNotMatchTheirChecksumsAreComputedAgain) {
  Store(Store::open(good_)).database().run("UPDATE block SET checksum = 1 WHERE cell = 7");
  std::vector<std::string> notes;
  const Store store = salvage_store(good_, notes);
  EXPECT_EQ(blocks(store), kBlocks - 1);
  EXPECT_EQ(store.database().number("SELECT id FROM cell WHERE state = 'running'"), 7);
}

TEST_F(SalvageTest, TheProgramSaysWhatIsLostAndWhatToDo) {
  const int64_t root = Store::open_existing(good_).database().number(
      "SELECT rootpage FROM sqlite_master WHERE name = 'checkpoint'");
  write_file(bad_, without_pages(bytes_, root - 1, 1));
  const auto run = [](std::vector<std::string> words) {
    return run_program({.arguments = std::move(words)});
  };
  ProgramResult result = run({"score", bad_});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.errors.find("e2lm merge --salvage"), std::string::npos) << result.errors;
  result = run({"merge", bad_, "-o", scratch_ / "new", "--salvage"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_NE(result.errors.find("its table 'checkpoint' cannot be read"), std::string::npos);
  EXPECT_NE(result.errors.find("what its latest sweep covered is lost"), std::string::npos);
  EXPECT_NE(result.output.find("47 cells and 2,820 scores are new, and 1 imported ones."),
            std::string::npos)
      << result.output;
}

TEST_F(SalvageTest, ASweepOfADamagedStoreEndsAndGoesOnInTheSalvagedOne) {
  const RunFolder folder;
  const auto sweep = [&](const Path& run) {
    return run_program({.arguments = {"sweep", folder.manifest, "-o", run, "--quiet"}});
  };
  const Path run = folder.scratch / "run", saved = folder.scratch / "saved";
  ASSERT_EQ(sweep(run).exit_code, 0);
  const std::string whole = content_sha256(Store::open_unchanged(run / "store.sqlite"));
  const int64_t root = Store::open_existing(run / "store.sqlite")
                           .database()
                           .number(
                               "SELECT rootpage FROM sqlite_master "
                               "WHERE name = 'sqlite_autoindex_weights_1'");
  write_file(run / "store.sqlite", without_pages(read_file(run / "store.sqlite"), root - 1, 1));
  ProgramResult result = sweep(run);
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_NE(result.errors.find("e2lm merge --salvage"), std::string::npos) << result.errors;
  EXPECT_EQ(result.output, "") << "no checkpoint failed";
  result = run_program({.arguments = {"merge", "--salvage", run, "-o", saved}});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(result.errors, "") << "an index holds nothing of its own";
  result = sweep(saved);
  EXPECT_NE(result.output.find("Nothing to compute: all 3 cells"), std::string::npos)
      << result.output;
  EXPECT_EQ(content_sha256(Store::open_unchanged(saved / "store.sqlite")), whole);
}

}  // namespace
}  // namespace e2lm
