#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"

struct sqlite3;
struct sqlite3_stmt;

namespace e2lm {

// The path of a database that ends with the program.
inline constexpr const char* kInMemory = ":memory:";

// The store itself cannot be read or written: not one cell is at fault, the run cannot go on.
class StoreError : public Error {
 public:
  using Error::Error;
};

// What to do about a damaged one.
inline constexpr const char* kSalvageHint =
    "a whole one; `e2lm merge --salvage` takes what can be read of it into a new one";

// A thin hold on SQLite: move-only handles, every failure a StoreError that names the file in words
// a user can act on (a full disk, a file that is no database).
//
// Its SQL has crc32(value, ...): the CRC-32 (zlib's, IEEE 802.3) of the values' bytes one after
// another, integers as little-endian int64.
class Database {
 public:
  // unchanging  read-only, and nobody writes: neither locks nor files beside it are needed
  enum class Mode { create, read_write, read_only, unchanging };

  // One in a folder that cannot be written to is taken for unchanging when opened read-only.
  static Database open(const Path& path, Mode mode);

  // An empty one that ends with the program, and is `called` so in messages.
  static Database in_memory(const Path& called = kInMemory);
  // A copy that ends with the program, under the same path in messages.
  Database copy_in_memory() const;

  void run(std::string_view sql);
  // The same, and again for a while where another program's lock forbids it: SQLite itself does not
  // wait where several switch a database's journal at once.
  void run_patiently(std::string_view sql);
  int64_t number(std::string_view query) const;  // the one that the query gives
  int64_t last_id() const;
  bool has_moved() const;  // the file is not at path() any more
  // Whether a write-ahead log belongs to the file, and not a journal, which is there only while
  // somebody writes or when a writer was killed.
  bool keeps_log() const;

  sqlite3* handle() const { return handle_.get(); }
  const Path& path() const { return path_; }
  [[noreturn]] void fail() const;  // what the last call complained about

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  Database(const Path& path, sqlite3* handle) : path_(path), handle_(handle) {}

  Path path_;
  std::unique_ptr<sqlite3, Close> handle_;
};

// One statement: bind values in order, then step over its rows.
//
//   Statement find(db, "SELECT id FROM task WHERE name = ?");
//   find.bind(name);
//   while (find.step()) use(find.integer(0));
class Statement {
 public:
  Statement(const Database& database, std::string_view sql);

  Statement& bind(int64_t value);
  Statement& bind(double value);
  Statement& bind(std::string_view text);
  Statement& bind(std::optional<int64_t> value);
  Statement& bind(std::optional<double> value);
  Statement& bind_bytes(std::span<const std::byte> bytes);  // kept until the statement ends

  bool step();    // true: a row is there
  void finish();  // runs a statement that gives no rows

  enum class Type { null, integer, real, text, bytes };
  int columns() const;
  std::string name(int column) const;
  Type type(int column) const;  // of the value

  int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  bool is_null(int column) const;
  std::optional<double> real_or_none(int column) const;
  std::span<const std::byte> bytes(int column) const;  // valid until the next step

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  void check(int code) const;

  const Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
};

// What is read while it lives is of one moment, whatever other programs write. None within another,
// nor a Transaction.
class Snapshot {
 public:
  explicit Snapshot(const Database& database);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  const Database& database_;
};

// Everything between construction and commit() happens, or nothing. One within another is part of
// it.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();  // rolls back unless committed
  void commit();

 private:
  Database& database_;
  bool open_;
};

}  // namespace e2lm
