#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/store/sqlite.h"

namespace e2lm {

// The results of a run directory, one SQLite file. Results hang on what determines them — weights,
// requests as tokens, engine settings — never on names:
//
//   weights      a checkpoint's bytes (SHA-256 of config and tensors)
//   request_set  token requests (SHA-256), and the order in which the engine finishes them
//   cell         weights × request_set × settings: running, done or failed
//   block        neighbouring requests of a cell in that order, packed little-endian:
//                nats float64[count] · counts int32[count][2], scored tokens and greedy ones of
//                them
//   series, checkpoint, task   the names people use, pointing at the above (plan.h)
//   import_*     scores and documents that other programs' files gave (import/import_tables.h)
//
// Several programs may use a store at the same time: SQLite's locks keep it whole, and claims.h
// keeps sweeps from computing the same. Where other machines may do so too (a network file system)
// there is no write-ahead log, which would not bear that.
//
// Rule for damage: a block is committed as a whole, so a killed run leaves whole blocks. Blocks,
// orders, tasks' items and imported documents have checksums (checksum.h); one that does not match
// is an Error, as is a file of another kind or of a newer schema. A sweep first drops the blocks
// that do not match, and computes them again. Where the file is removed or replaced while it is
// open, the next block is an Error: SQLite would go on writing to what nobody finds again.
class Store {
 public:
  static constexpr int64_t kSchemaVersion = 5;

  // Opens the store at `file`, making it and its folder if they are not there.
  static Store open(const Path& file);
  // A store that ends with the program, and is `called` so in messages.
  static Store in_memory(const Path& called = kInMemory);
  // Opens an existing store; throws Error if there is none. One that this process may not write to
  // can be read all the same.
  static Store open_existing(const Path& file);
  // The same for reading alone, with all its pages checked: nothing of the file is changed, and one
  // of an older schema is brought up to date in memory.
  static Store open_unchanged(const Path& file);
  // A damaged one, of this schema, whose pages are not looked at: statements throw where they meet
  // one that cannot be read.
  static Store open_damaged(const Path& file);
  // Whether this file is the beginning of a store, made by a program that was ended before it made
  // the tables.
  static bool is_blank(const Path& file);

  struct Weights {
    std::string sha256;
    std::string family;
    std::string dtype;
    int64_t parameters = 0;
    int64_t bytes = 0;
  };
  int64_t add_weights(const Weights& weights);  // its id, new or old
  std::string weights_sha256(int64_t id) const;
  int64_t add_request_set(std::string_view sha256, const std::vector<int32_t>& finish_order);
  std::vector<int32_t> finish_order(int64_t request_set) const;

  struct CellKey {
    int64_t weights = 0;
    int64_t request_set = 0;
    std::string settings;
    auto operator<=>(const CellKey&) const = default;
  };
  enum class State { running, done, failed };
  struct Cell {
    int64_t id = 0;
    State state = State::running;
    std::string error;   // of a failed one
    double seconds = 0;  // spent computing, all tries together
    int64_t rows = 0;    // distinct prefixes computed
  };
  int64_t open_cell(const CellKey& key);  // made if it was not there; running from now on
  std::map<CellKey, Cell> cells() const;
  bool is_done(const CellKey& key) const;
  void finish_cell(int64_t cell, double seconds, int64_t rows);
  void pause_cell(int64_t cell, double seconds, int64_t rows);  // interrupted: still running
  void fail_cell(int64_t cell, std::string_view message);

  struct Block {
    int64_t first = 0;            // place in the finishing order
    std::vector<double> nats;     // [count]
    std::vector<int32_t> counts;  // [count, 2]
  };
  void add_block(int64_t cell, const Block& block);
  std::vector<Block> blocks(int64_t cell) const;  // by `first`
  void drop_blocks(int64_t cell);
  // Those that do not match their checksums; their cells are no longer done. Returns how many cells
  // lost some.
  int64_t drop_damaged_blocks();

  // Another number whenever another program has written.
  int64_t changes_by_others() const;

  Database& database() { return database_; }
  const Database& database() const { return database_; }

 private:
  explicit Store(Database database) : database_(std::move(database)) {}
  static Store open_read_only(const Path& file);
  void prepare();
  void require_place() const;

  Database database_;
};

}  // namespace e2lm
