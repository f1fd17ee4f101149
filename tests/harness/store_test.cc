#include "harness/store/store.h"

#include <gtest/gtest.h>

#include <thread>

#include "harness/import/importer.h"
#include "harness/store/new_store.h"
#include "harness/store/store_dump.h"
#include "tests/support/expect_error.h"
#include "tests/support/older_store.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

class StoreTest : public testing::Test {
 protected:
  Scratch scratch_;
  Path file_ = scratch_ / "run/store.sqlite";
};

TEST_F(StoreTest, KeepsCellsAndBlocks) {
  {
    Store store = Store::open(file_);
    const int64_t weights = store.add_weights({"abc", "llama", "BF16", 100, 200});
    EXPECT_EQ(store.add_weights({"abc", "llama", "BF16", 100, 200}), weights);
    const int64_t set = store.add_request_set("req", {2, 0, 1});
    const int64_t cell = store.open_cell({weights, set, "float32 cpu"});
    store.add_block(cell, {2, {-3.0}, {1, 0}});
    store.add_block(cell, {0, {-1.0, -2.5}, {1, 1, 2, 0}});
    store.pause_cell(cell, 0.25, 5);
    store.finish_cell(cell, 0.5, 10);
  }
  const Store store = Store::open_existing(file_);
  const auto cells = store.cells();
  ASSERT_EQ(cells.size(), 1u);
  const auto& [key, cell] = *cells.begin();
  EXPECT_EQ(cell.state, Store::State::done);
  EXPECT_DOUBLE_EQ(cell.seconds, 0.75);
  EXPECT_EQ(cell.rows, 15);
  const auto blocks = store.blocks(cell.id);
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(blocks[0].nats, (std::vector<double>{-1.0, -2.5}));
  EXPECT_EQ(blocks[0].counts, (std::vector<int32_t>{1, 1, 2, 0}));
  EXPECT_EQ(blocks[1].first, 2);
  EXPECT_EQ(store.finish_order(key.request_set), (std::vector<int32_t>{2, 0, 1}));
}

// Weights that a damaged checkpoint seemed to have for a while leave no trace in what is compared.
TEST_F(StoreTest, TheDumpHasOnlyWhatSomethingRefersTo) {
  Store store = Store::open(file_);
  const Store::CellKey key = {store.add_weights({"whole"}), store.add_request_set("r", {}), "s"};
  store.open_cell(key);
  const std::string before = content_sha256(store);
  store.add_weights({"damaged"});
  EXPECT_EQ(content_sha256(store), before);
  store.open_cell({store.add_weights({"other"}), key.request_set, "s"});
  EXPECT_NE(content_sha256(store), before);
}

TEST_F(StoreTest, AFailedCellRunsAgain) {
  Store store = Store::open(file_);
  const Store::CellKey key = {store.add_weights({"w"}), store.add_request_set("r", {}), "s"};
  const int64_t cell = store.open_cell(key);
  store.fail_cell(cell, "broken");
  EXPECT_EQ(store.cells().at(key).error, "broken");
  EXPECT_EQ(store.open_cell(key), cell);
  EXPECT_EQ(store.cells().at(key).state, Store::State::running);
  EXPECT_EQ(store.cells().at(key).error, "");
}

TEST_F(StoreTest, RefusesALaterSchemaAndSaysWhoWroteIt) {
  {
    Store store = Store::open(file_);
    store.database().run("PRAGMA user_version = 99");
    store.database().run("UPDATE meta SET value = 'e2lm 7.5' WHERE key = 'written_by'");
  }
  expect_error([&] { Store::open(file_); }, "store.sqlite", "version 99", "e2lm 7.5");
}

// Version 3 knew no imports.
TEST_F(StoreTest, AStoreOfVersion3TakesImports) {
  {
    Store store = Store::open(file_);
    store.add_weights({"kept"});
    make_older(store, 3);
  }
  Store store = Store::open_existing(file_);
  EXPECT_FALSE(has_imports(store));
  const std::vector<Path> files = {scratch_.write("x.csv", "series,step,task,value\na,1,t,0.5\n")};
  import_results(files, {}, store);
  EXPECT_TRUE(has_imports(store));
  EXPECT_EQ(store.add_weights({"kept"}), 1) << "what was there stays";
  Statement version(store.database(), "PRAGMA user_version");
  version.step();
  EXPECT_EQ(version.integer(0), Store::kSchemaVersion);
}

TEST_F(StoreTest, APathLongerThanSqliteTakesIsNamed) {
  const Path longest = scratch_ / std::string(200, 'a') / std::string(200, 'b');
  const size_t rest = 504 - longest.string().size() - 1;
  Store::open(longest / std::string(rest, 'c'));
  expect_error([&] { Store::open(longest / std::string(rest + 1, 'c')); },
               "has a path of 505 bytes (expected at most 504, which SQLite can open)");
}

TEST_F(StoreTest, RefusesOtherFiles) {
  expect_error([&] { Store::open_existing(file_); }, "no such store");
  scratch_.write("text.sqlite", std::string(5000, 'x'));
  expect_error([&] { Store::open(scratch_ / "text.sqlite"); }, "no SQLite database");
  {
    Database other = Database::open(scratch_ / "other.sqlite", Database::Mode::create);
    other.run("CREATE TABLE t (x)");
  }
  expect_error([&] { Store::open(scratch_ / "other.sqlite"); }, "another program");
}

// A view is a program, and may have no end; a trigger could take back what is written.
TEST_F(StoreTest, NothingOfAStrangersFileRuns) {
  Store::open(file_).database().run(
      "ALTER TABLE meta RENAME TO old; CREATE VIEW meta AS SELECT * FROM old;"
      "CREATE TRIGGER gone AFTER INSERT ON weights BEGIN DELETE FROM weights; END;");
  Store store = Store::open_existing(file_);
  EXPECT_THROW(store.database().number("SELECT count(*) FROM meta"), StoreError);
  store.add_weights({"w"});
  EXPECT_EQ(store.database().number("SELECT count(*) FROM weights"), 1);
}

TEST_F(StoreTest, ADamagedBlockIsAnError) {
  Store store = Store::open(file_);
  const int64_t cell =
      store.open_cell({store.add_weights({"w"}), store.add_request_set("r", {}), "s"});
  store.add_block(cell, {0, {-1.0, -2.5}, {1, 1, 2, 0}});
  store.database().run("UPDATE block SET nats = x'0011'");
  expect_error([&] { store.blocks(cell); }, "store.sqlite", "block from request 0", "checksum");
  store.database().run("UPDATE block SET checksum = crc32(first, count, nats, counts)");
  expect_error([&] { store.blocks(cell); }, "store.sqlite", "2 values is 2 bytes");
}

// CRC-32's own check value, and integers as eight bytes.
TEST_F(StoreTest, SqlKnowsCrc32) {
  const Store store = Store::in_memory();
  EXPECT_EQ(store.database().number("SELECT crc32('123456789')"), 0xCBF43926);
  EXPECT_EQ(store.database().number("SELECT crc32(x'3132', '', x'', NULL, '3456789')"), 0xCBF43926);
  EXPECT_EQ(store.database().number("SELECT crc32(1) = crc32(x'0100000000000000')"), 1);
  EXPECT_EQ(store.database().number("SELECT crc32()"), 0);
}

TEST_F(StoreTest, DamagedBlocksAreDroppedAndTheirCellsAreNotDone) {
  Store store = Store::open(file_);
  const int64_t requests = store.add_request_set("r", {0, 1});
  std::vector<Store::CellKey> keys;
  for (const char* weights : {"whole", "damaged", "failed"}) {
    keys.push_back({store.add_weights({weights}), requests, "s"});
    const int64_t cell = store.open_cell(keys.back());
    for (const int64_t first : {0, 1}) store.add_block(cell, {first, {-1.0}, {1, 1}});
    if (keys.size() < 3) store.finish_cell(cell, 1, 2);
    if (keys.size() == 3) store.fail_cell(cell, "out of memory");
  }
  EXPECT_EQ(store.drop_damaged_blocks(), 0);
  // One bit of one number; of the last one's, of a count.
  store.database().run("UPDATE block SET nats = x'000000000000F0BE' WHERE cell = 2 AND first = 1");
  store.database().run("UPDATE block SET counts = x'0100000011000000' WHERE cell = 3");
  EXPECT_EQ(store.drop_damaged_blocks(), 2);
  EXPECT_EQ(store.drop_damaged_blocks(), 0);
  const auto cells = store.cells();
  EXPECT_EQ(cells.at(keys[0]).state, Store::State::done);
  EXPECT_EQ(cells.at(keys[1]).state, Store::State::running);
  EXPECT_EQ(cells.at(keys[2]).state, Store::State::failed);
  EXPECT_EQ(store.blocks(1).size(), 2U);
  EXPECT_EQ(store.blocks(2).size(), 1U);
  EXPECT_TRUE(store.blocks(3).empty());
}

TEST_F(StoreTest, ADamagedOrderIsAnErrorUntilItIsAddedAgain) {
  Store store = Store::open(file_);
  const int64_t set = store.add_request_set("r", {1, 0});
  store.database().run("UPDATE request_set SET finish_order = x'0000000001000000'");
  expect_error([&] { store.finish_order(set); }, "store.sqlite", "request set 1", "checksum");
  EXPECT_EQ(store.add_request_set("r", {1, 0}), set);
  EXPECT_EQ(store.finish_order(set), (std::vector<int32_t>{1, 0}));
}

// Version 4 had no checksums.
TEST_F(StoreTest, AStoreOfVersion4GetsChecksums) {
  {
    Store store = Store::open(file_);
    const int64_t cell =
        store.open_cell({store.add_weights({"w"}), store.add_request_set("r", {1, 0}), "s"});
    store.add_block(cell, {0, {-1.0, -2.5}, {1, 1, 2, 0}});
    make_older(store, 4);
  }
  Store store = Store::open_existing(file_);
  EXPECT_EQ(store.finish_order(1), (std::vector<int32_t>{1, 0}));
  EXPECT_EQ(store.blocks(1).at(0).nats, (std::vector<double>{-1.0, -2.5}));
  EXPECT_EQ(store.drop_damaged_blocks(), 0);
}

TEST_F(StoreTest, ANewStoreIsWholeOrLeavesNothing) {
  const Path place = scratch_ / "a/b/store.sqlite";
  const auto add = [](const char* name) {
    return [name](Store& store) { store.add_weights({name}); };
  };
  const auto fail = [](Store& store) {
    store.add_weights({"lost"});
    throw Error("a file", "is damaged");
  };
  expect_error([&] { fill_store(place, fail); }, "is damaged");
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "a"));
  std::filesystem::create_directories(scratch_ / "a");
  expect_error([&] { fill_store(place, fail); }, "is damaged");
  EXPECT_TRUE(std::filesystem::is_empty(scratch_ / "a")) << "what was there stays";
  fill_store(place, add("first"));
  fill_store(place, add("second"));
  EXPECT_EQ(list_folder(place.parent_path()).size(), 1u);
  EXPECT_EQ(Store::open_existing(place).weights_sha256(2), "second");
}

// As on a network file system, where there is no log: what was begun is not what a reader sees.
TEST_F(StoreTest, WhatAKilledWriterBeganIsTakenBackBeforeItIsRead) {
  const Path left = scratch_ / "left/store.sqlite";
  std::filesystem::create_directories(left.parent_path());
  {
    Store store = Store::open(file_);
    store.database().run("PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN");
    for (int i = 0; i < 1000; ++i) store.add_weights({std::to_string(i), std::string(500, 'x')});
    store.database().run("COMMIT; BEGIN; UPDATE weights SET bytes = 1");
    for (const char* end : {"", "-journal"}) {
      std::filesystem::copy_file(file_.string() + end, left.string() + end);
    }
  }
  const Store store = Store::open_unchanged(left);
  EXPECT_EQ(store.database().number("SELECT sum(bytes) FROM weights"), 0);
}

// In containers process numbers come again.
TEST_F(StoreTest, WhatAKilledProgramOfTheSameNumberLeftIsNoPartOfANewStore) {
  const Path left = file_.string() + "." + std::to_string(::getpid()) + ".part";
  Store::open(left).add_weights({"theirs"});
  fill_store(file_, [](Store& store) { store.add_weights({"ours"}); });
  EXPECT_EQ(Store::open_existing(file_).weights_sha256(1), "ours");
  EXPECT_TRUE(std::filesystem::exists(left));
}

TEST_F(StoreTest, AStoreThatAnotherProgramMadeMeanwhileIsFilledToo) {
  int calls = 0;
  fill_store(file_, [&](Store& store) {
    if (++calls == 1) Store::open(file_).add_weights({"theirs"});
    store.add_weights({"ours"});
  });
  EXPECT_EQ(calls, 2);
  const Store store = Store::open_existing(file_);
  EXPECT_EQ(store.weights_sha256(1), "theirs");
  EXPECT_EQ(store.weights_sha256(2), "ours");
}

TEST_F(StoreTest, ManyMayOpenANewStoreAtOnce) {
  std::vector<std::string> errors(4);
  for (int round = 0; round < 50; ++round) {
    const Path file = scratch_ / std::to_string(round) / "store.sqlite";
    std::vector<std::jthread> threads;
    for (std::string& error : errors) {
      threads.emplace_back([&] {
        try {
          Store::open(file).add_weights({"abc", "llama", "BF16", 100, 200});
        } catch (const std::exception& failure) {
          error = failure.what();
        }
      });
    }
  }
  for (const std::string& error : errors) EXPECT_EQ(error, "");
}

TEST_F(StoreTest, AFullDatabaseSaysSo) {
  Store store = Store::open(file_);
  const int64_t cell =
      store.open_cell({store.add_weights({"w"}), store.add_request_set("r", {}), "s"});
  store.database().run("PRAGMA max_page_count = 40");
  const Store::Block block = {0, std::vector<double>(50'000), std::vector<int32_t>(100'000)};
  expect_error([&] { store.add_block(cell, block); }, "store.sqlite", "disk is full");
  EXPECT_TRUE(store.blocks(cell).empty());
}

TEST_F(StoreTest, TransactionsRollBack) {
  Store store = Store::open(file_);
  {
    Transaction transaction(store.database());
    store.add_weights({"gone"});
  }
  Statement count(store.database(), "SELECT count(*) FROM weights");
  count.step();
  EXPECT_EQ(count.integer(0), 0);
}

}  // namespace
}  // namespace e2lm
