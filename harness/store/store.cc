#include "harness/store/store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/version.h"
#include "harness/store/checksum.h"
#include "harness/store/file_system.h"
#include "harness/store/store_schema.h"

namespace e2lm {
namespace {

static_assert(std::endian::native == std::endian::little, "blocks are packed little-endian");

template <typename T>
std::vector<T> unpack(const Database& database, std::span<const std::byte> bytes, int64_t count) {
  std::vector<T> values(count);
  if (bytes.size() != values.size() * sizeof(T)) {
    throw StoreError(database.path().string(),
                     fmt::format("a block of {} values is {} bytes long", count, bytes.size()),
                     fmt::format("{}", values.size() * sizeof(T)));
  }
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

[[noreturn]] void fail_checksum(const Database& database, const std::string& what,
                                const std::string& help) {
  throw StoreError(database.path().string(),
                   fmt::format("is damaged: {} does not match its checksum; {}", what, help));
}

template <typename T>
std::span<const std::byte> pack(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

// SQLite needs to write files beside the store, too. If not, errno says why.
bool can_write(const Path& file) {
  const Path folder = file.has_parent_path() ? file.parent_path() : Path(".");
  return ::access(file.c_str(), W_OK) == 0 && ::access(folder.c_str(), W_OK) == 0;
}

Store::State state_named(const std::string& name) {
  if (name == "done") return Store::State::done;
  return name == "failed" ? Store::State::failed : Store::State::running;
}

}  // namespace

Store Store::open(const Path& file) {
  std::error_code code;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), code);
  if (code)
    throw StoreError(file.parent_path().string(), "cannot make the folder: " + code.message());
  if (std::filesystem::exists(file) && !can_write(file)) {
    throw StoreError(file.string(), fmt::format("is read-only here: {}", std::strerror(errno)));
  }
  require_locks(file.parent_path());
  Store store(Database::open(file, Database::Mode::create));
  store.prepare();
  return store;
}

Store Store::in_memory(const Path& called) {
  Store store(Database::in_memory(called));
  store.prepare();
  return store;
}

Store Store::open_existing(const Path& file) {
  if (!std::filesystem::exists(file)) {
    throw StoreError(file.string(), "no such store", "the store.sqlite of a run, or its folder");
  }
  if (!can_write(file)) return open_read_only(file);
  require_locks(file.parent_path());
  Store store(Database::open(file, Database::Mode::read_write));
  store.prepare();
  return store;
}

namespace {

// A log beside the file has results that are not in it yet; one that keeps a log but has none is
// written to by nobody. Without logs, as on network file systems, only locks keep a writer away,
// and what a killed one left in its journal must be taken back first.
Database open_for_reading(const Path& file) {
  const Path log = file.string() + "-wal";
  std::error_code ignored;
  const auto log_bytes = std::filesystem::file_size(log, ignored);
  const bool has_log = !ignored && log_bytes > 0;
  if (has_log) return Database::open(file, Database::Mode::read_only);
  Database unchanging = Database::open(file, Database::Mode::unchanging);
  if (unchanging.keeps_log()) return unchanging;
  return Database::open(file,
                        can_write(file) ? Database::Mode::read_write : Database::Mode::read_only);
}

}  // namespace

Store Store::open_unchanged(const Path& file) {
  if (!std::filesystem::exists(file)) {
    throw StoreError(file.string(), "no such store", "the store.sqlite of a run, or its folder");
  }
  Store store(open_for_reading(file));
  const int64_t version = check_identity(store.database_);
  if (is_empty(store.database_)) throw StoreError(file.string(), "is empty", "an e2lm store");
  Statement check(store.database_, "PRAGMA quick_check(1)");
  check.step();
  if (check.text(0) != "ok") {
    throw StoreError(file.string(), fmt::format("is damaged ({})", check.text(0)), kSalvageHint);
  }
  if (version == kSchemaVersion) return store;
  Store copy(store.database_.copy_in_memory());
  upgrade_schema(copy.database_);
  return copy;
}

Store Store::open_damaged(const Path& file) {
  Store store(open_for_reading(file));
  store.database_.run("PRAGMA writable_schema = ON");  // or a file that was cut off is not read
  const int64_t version = check_identity(store.database_);
  if (version != kSchemaVersion) {
    throw StoreError(
        file.string(), fmt::format("has schema version {}", version),
        fmt::format("version {}: what is damaged cannot be brought up to date", kSchemaVersion));
  }
  return store;
}

bool Store::is_blank(const Path& file) {
  return is_empty(open_for_reading(file));
}

Store Store::open_read_only(const Path& file) {
  Store store(open_for_reading(file));
  const int64_t version = check_identity(store.database_);
  if (version < kSchemaVersion) {
    throw StoreError(file.string(),
                     fmt::format("has schema version {} and is read-only, so it cannot be "
                                 "brought to version {}",
                                 version, kSchemaVersion),
                     "a copy that can be written");
  }
  return store;
}

void Store::prepare() {
  check_identity(database_);
  database_.run_patiently(is_network_folder(database_.path().parent_path())
                              ? "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL"
                              : "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  if (is_empty(database_)) make_schema(database_);
  upgrade_schema(database_);
}

int64_t Store::changes_by_others() const {
  return database_.number("PRAGMA data_version");
}

int64_t Store::add_weights(const Weights& weights) {
  Statement(database_,
            "INSERT OR IGNORE INTO weights (sha256, family, dtype, parameters, bytes) "
            "VALUES (?, ?, ?, ?, ?)")
      .bind(weights.sha256)
      .bind(weights.family)
      .bind(weights.dtype)
      .bind(weights.parameters)
      .bind(weights.bytes)
      .finish();
  Statement find(database_, "SELECT id FROM weights WHERE sha256 = ?");
  find.bind(weights.sha256).step();
  return find.integer(0);
}

std::string Store::weights_sha256(int64_t id) const {
  Statement find(database_, "SELECT sha256 FROM weights WHERE id = ?");
  find.bind(id).step();
  return find.text(0);
}

int64_t Store::add_request_set(std::string_view sha256, const std::vector<int32_t>& finish_order) {
  Statement(database_,
            "INSERT INTO request_set (sha256, requests, finish_order, checksum) "
            "VALUES (?1, ?2, ?3, crc32(?2, ?3)) ON CONFLICT (sha256) DO UPDATE SET "
            "requests = ?2, finish_order = ?3, checksum = excluded.checksum "
            "WHERE checksum <> crc32(request_set.requests, request_set.finish_order)")
      .bind(sha256)
      .bind(std::ssize(finish_order))
      .bind_bytes(pack(finish_order))
      .finish();
  Statement find(database_, "SELECT id FROM request_set WHERE sha256 = ?");
  find.bind(sha256).step();
  return find.integer(0);
}

std::vector<int32_t> Store::finish_order(int64_t request_set) const {
  Statement find(database_,
                 fmt::format("SELECT requests, finish_order, checksum = {} FROM request_set "
                             "WHERE id = ?",
                             kRequestSetChecksum));
  find.bind(request_set).step();
  if (find.integer(2) == 0) {
    fail_checksum(database_, fmt::format("the order of request set {}", request_set),
                  "`e2lm sweep` writes it again");
  }
  return unpack<int32_t>(database_, find.bytes(1), find.integer(0));
}

int64_t Store::open_cell(const CellKey& key) {
  Statement(database_,
            "INSERT INTO cell (weights, request_set, settings, state, program) "
            "VALUES (?, ?, ?, 'running', ?) ON CONFLICT (weights, request_set, settings) "
            "DO UPDATE SET state = 'running', error = ''")
      .bind(key.weights)
      .bind(key.request_set)
      .bind(key.settings)
      .bind(kVersion)
      .finish();
  Statement find(database_,
                 "SELECT id FROM cell WHERE weights = ? AND request_set = ? AND settings = ?");
  find.bind(key.weights).bind(key.request_set).bind(key.settings).step();
  return find.integer(0);
}

std::map<Store::CellKey, Store::Cell> Store::cells() const {
  std::map<CellKey, Cell> cells;
  Statement all(database_,
                "SELECT weights, request_set, settings, id, state, error, seconds, rows FROM cell");
  while (all.step()) {
    cells[{all.integer(0), all.integer(1), all.text(2)}] = {
        all.integer(3), state_named(all.text(4)), all.text(5), all.real(6), all.integer(7)};
  }
  return cells;
}

bool Store::is_done(const CellKey& key) const {
  Statement find(database_,
                 "SELECT 1 FROM cell WHERE weights = ? AND request_set = ? AND settings = ? "
                 "AND state = 'done'");
  return find.bind(key.weights).bind(key.request_set).bind(key.settings).step();
}

void Store::require_place() const {
  if (!database_.has_moved()) return;
  throw StoreError(database_.path().string(), "was removed, moved or replaced while it was in use",
                   "a store that stays in its place; run the same command again");
}

void Store::finish_cell(int64_t cell, double seconds, int64_t rows) {
  require_place();
  Transaction transaction(database_);
  pause_cell(cell, seconds, rows);
  Statement(database_, "UPDATE cell SET state = 'done' WHERE id = ?").bind(cell).finish();
  transaction.commit();
}

void Store::pause_cell(int64_t cell, double seconds, int64_t rows) {
  Statement(database_, "UPDATE cell SET seconds = seconds + ?, rows = rows + ? WHERE id = ?")
      .bind(seconds)
      .bind(rows)
      .bind(cell)
      .finish();
}

void Store::fail_cell(int64_t cell, std::string_view message) {
  Statement(database_, "UPDATE cell SET state = 'failed', error = ? WHERE id = ?")
      .bind(message)
      .bind(cell)
      .finish();
}

void Store::add_block(int64_t cell, const Block& block) {
  require_place();
  Statement(database_,
            "INSERT OR REPLACE INTO block (cell, first, count, nats, counts, checksum) "
            "VALUES (?1, ?2, ?3, ?4, ?5, crc32(?2, ?3, ?4, ?5))")
      .bind(cell)
      .bind(block.first)
      .bind(std::ssize(block.nats))
      .bind_bytes(pack(block.nats))
      .bind_bytes(pack(block.counts))
      .finish();
}

void Store::drop_blocks(int64_t cell) {
  Statement(database_, "DELETE FROM block WHERE cell = ?").bind(cell).finish();
}

int64_t Store::drop_damaged_blocks() {
  const std::string damaged = fmt::format("FROM block WHERE checksum <> {}", kBlockChecksum);
  // Looked for without a lock: nearly always there are none.
  const int64_t cells = database_.number("SELECT count(DISTINCT cell) " + damaged);
  if (cells == 0) return 0;
  Transaction transaction(database_);
  database_.run(
      fmt::format("UPDATE cell SET state = 'running' WHERE state = 'done' AND id IN "
                  "(SELECT cell {0}); DELETE {0}",
                  damaged));
  transaction.commit();
  return cells;
}

std::vector<Store::Block> Store::blocks(int64_t cell) const {
  std::vector<Block> blocks;
  Statement all(database_,
                fmt::format("SELECT first, count, nats, counts, checksum = {} FROM block "
                            "WHERE cell = ? ORDER BY first",
                            kBlockChecksum));
  all.bind(cell);
  while (all.step()) {
    if (all.integer(4) == 0) {
      fail_checksum(database_,
                    fmt::format("the block from request {} of cell {}", all.integer(0), cell),
                    "`e2lm sweep` computes it again");
    }
    const int64_t count = all.integer(1);
    blocks.push_back({all.integer(0), unpack<double>(database_, all.bytes(2), count),
                      unpack<int32_t>(database_, all.bytes(3), 2 * count)});
  }
  return blocks;
}

}  // namespace e2lm
