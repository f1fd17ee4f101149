#include "harness/store/sqlite.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>
#include <zlib.h>

#include <cctype>
#include <chrono>
#include <cstring>
#include <thread>

namespace e2lm {
namespace {

constexpr int kBusyMilliseconds = 60'000;

std::string_view meaning(int code) {
  if (code == SQLITE_READONLY_ROLLBACK) {
    return "was left half-written by a program that was killed, and is read-only here; whoever may "
           "write to it puts it right with any command";
  }
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return "cannot be written: the disk is full";
    case SQLITE_IOERR:
      return "cannot be read or written: the disk is full or failing";
    case SQLITE_READONLY:
      return "cannot be written: it is read-only";
    case SQLITE_CANTOPEN:
      return "cannot be opened";
    case SQLITE_NOTADB:
      return "is no SQLite database";
    case SQLITE_CORRUPT:
      return "is damaged";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "is in use by another program";
    default:
      return "failed";
  }
}

// Every byte that could mean something in a URI is spelled out.
std::string uri_of(const Path& path) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) || c == '/' || c == '.';
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

// SQLite takes "file:" at the beginning of a name for that of a URI.
std::string name_of(const Path& path) {
  return path.string().starts_with("file:") ? "./" + path.string() : path.string();
}

// SQLite lets nobody but the owner write to what it makes, whatever the process's mask says. Where
// the file cannot be made, SQLite says why.
void make_as_the_mask_says(const Path& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd >= 0) ::close(fd);
}

uLong add_value(uLong crc, sqlite3_value* value) {
  if (sqlite3_value_type(value) == SQLITE_INTEGER) {
    const int64_t number = sqlite3_value_int64(value);
    return crc32_z(crc, reinterpret_cast<const Bytef*>(&number), sizeof(number));
  }
  const auto* bytes = static_cast<const Bytef*>(sqlite3_value_blob(value));
  // zlib takes no bytes at no address for a wish to begin anew.
  return bytes ? crc32_z(crc, bytes, sqlite3_value_bytes(value)) : crc;
}

void crc32_of(sqlite3_context* context, int count, sqlite3_value** values) {
  uLong crc = crc32_z(0, nullptr, 0);
  for (int i = 0; i < count; ++i) crc = add_value(crc, values[i]);
  sqlite3_result_int64(context, static_cast<int64_t>(crc));
}

int add_crc32(sqlite3* handle) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  return sqlite3_create_function_v2(handle, "crc32", -1, kFlags, nullptr, crc32_of, nullptr,
                                    nullptr, nullptr);
}

// Stores have neither views nor triggers. In one of a stranger they are programs, which may have no
// end: asked for a view SQLite then refuses, and triggers do not go off.
void run_nothing_of_the_file(sqlite3* handle) {
  for (const int what : {SQLITE_DBCONFIG_ENABLE_VIEW, SQLITE_DBCONFIG_ENABLE_TRIGGER,
                         SQLITE_DBCONFIG_TRUSTED_SCHEMA}) {
    sqlite3_db_config(handle, what, 0, nullptr);
  }
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close(handle);
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Database Database::open(const Path& path, Mode mode) {
  constexpr size_t kMostPathBytes = 504;  // SQLite's 512, less what it appends
  const size_t path_bytes = std::filesystem::absolute(path).string().size();
  if (path_bytes > kMostPathBytes) {
    throw StoreError(path.string(), fmt::format("has a path of {} bytes", path_bytes),
                     fmt::format("at most {}, which SQLite can open", kMostPathBytes));
  }
  const int flags = mode == Mode::create       ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                    : mode == Mode::read_write ? SQLITE_OPEN_READWRITE
                                               : SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  if (mode == Mode::create && path != kInMemory) make_as_the_mask_says(path);
  const std::string name = mode == Mode::unchanging ? uri_of(path) + "?immutable=1" : name_of(path);
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  Database database(path, handle);
  if (code != SQLITE_OK || add_crc32(handle) != SQLITE_OK) database.fail();
  run_nothing_of_the_file(handle);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  return database;
}

Database Database::in_memory(const Path& called) {
  Database database = open(kInMemory, Mode::create);
  database.path_ = called;
  return database;
}

Database Database::copy_in_memory() const {
  Database copy = in_memory(path_);
  sqlite3_backup* backup = sqlite3_backup_init(copy.handle(), "main", handle(), "main");
  if (!backup) copy.fail();
  sqlite3_backup_step(backup, -1);
  if (sqlite3_backup_finish(backup) != SQLITE_OK) copy.fail();
  return copy;
}

void Database::fail() const {
  const int code = sqlite3_extended_errcode(handle_.get());
  std::string reason = sqlite3_errmsg(handle_.get());
  const int system = sqlite3_system_errno(handle_.get());
  const int kind = code & 0xFF;
  if (system != 0 && (kind == SQLITE_CANTOPEN || kind == SQLITE_IOERR)) {
    reason += fmt::format(": {}", std::strerror(system));
  }
  throw StoreError(path_.string(), fmt::format("{} ({})", meaning(code), reason),
                   kind == SQLITE_CORRUPT ? kSalvageHint : "");
}

void Database::run(std::string_view sql) {
  const std::string text(sql);
  if (sqlite3_exec(handle_.get(), text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

void Database::run_patiently(std::string_view sql) {
  const std::string text(sql);
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kBusyMilliseconds);
  while (sqlite3_exec(handle_.get(), text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    const bool busy = sqlite3_errcode(handle_.get()) == SQLITE_BUSY;
    if (!busy || std::chrono::steady_clock::now() > end) fail();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

int64_t Database::number(std::string_view query) const {
  // The statement ends here: while one is open, its read transaction is.
  Statement statement(*this, query);
  statement.step();
  return statement.integer(0);
}

bool Database::has_moved() const {
  int moved = 0;
  const int code = sqlite3_file_control(handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return code == SQLITE_OK && moved != 0;
}

bool Database::keeps_log() const {
  constexpr int kReadVersion = 19, kWithLog = 2;  // place and value in the file's header
  sqlite3_file* file = nullptr;
  sqlite3_file_control(handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  unsigned char version = 0;
  return file && file->pMethods &&
         file->pMethods->xRead(file, &version, 1, kReadVersion) == SQLITE_OK && version == kWithLog;
}

int64_t Database::last_id() const {
  return sqlite3_last_insert_rowid(handle_.get());
}

Statement::Statement(const Database& database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                      &statement, nullptr);
  statement_.reset(statement);
  check(code);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) database_.fail();
}

Statement& Statement::bind(int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), ++bound_, value));
  return *this;
}

Statement& Statement::bind(double value) {
  check(sqlite3_bind_double(statement_.get(), ++bound_, value));
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  check(sqlite3_bind_text(statement_.get(), ++bound_, text.data(), static_cast<int>(text.size()),
                          SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind(std::optional<int64_t> value) {
  if (value) return bind(*value);
  check(sqlite3_bind_null(statement_.get(), ++bound_));
  return *this;
}

Statement& Statement::bind(std::optional<double> value) {
  return value ? bind(*value) : bind(std::optional<int64_t>());
}

Statement& Statement::bind_bytes(std::span<const std::byte> bytes) {
  // No address means NULL, and no bytes may have none.
  const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  check(sqlite3_bind_blob64(statement_.get(), ++bound_, data, bytes.size(), SQLITE_STATIC));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) database_.fail();
  return code == SQLITE_ROW;
}

void Statement::finish() {
  while (step()) {
  }
}

int Statement::columns() const {
  return sqlite3_column_count(statement_.get());
}

std::string Statement::name(int column) const {
  return sqlite3_column_name(statement_.get(), column);
}

Statement::Type Statement::type(int column) const {
  switch (sqlite3_column_type(statement_.get(), column)) {
    case SQLITE_INTEGER:
      return Type::integer;
    case SQLITE_FLOAT:
      return Type::real;
    case SQLITE_TEXT:
      return Type::text;
    case SQLITE_BLOB:
      return Type::bytes;
    default:
      return Type::null;
  }
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return text ? std::string(text, sqlite3_column_bytes(statement_.get(), column)) : std::string();
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::optional<double> Statement::real_or_none(int column) const {
  if (is_null(column)) return {};
  return real(column);
}

std::span<const std::byte> Statement::bytes(int column) const {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Snapshot::Snapshot(const Database& database) : database_(database) {
  Statement(database_, "BEGIN").finish();
}

Snapshot::~Snapshot() {
  try {
    Statement(database_, "ROLLBACK").finish();
  } catch (const Error&) {
    // A failed read has ended it already.
  }
}

Transaction::Transaction(Database& database)
    : database_(database), open_(sqlite3_get_autocommit(database.handle()) != 0) {
  if (open_) database_.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.run("ROLLBACK");
  } catch (const Error&) {
    // The failure that brought us here may have rolled back already; it is the one to report.
  }
}

void Transaction::commit() {
  if (open_) database_.run("COMMIT");
  open_ = false;
}

}  // namespace e2lm
