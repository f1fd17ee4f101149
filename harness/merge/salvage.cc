#include "harness/merge/salvage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <variant>

#include "harness/sweep/plan.h"

namespace e2lm {
namespace {

using Key = std::vector<std::variant<int64_t, std::string>>;

void bind_key(Statement& statement, const Key& key) {
  for (const auto& value : key) {
    std::visit([&](const auto& one) { statement.bind(one); }, value);
  }
}

struct Table {
  std::string name;
  std::vector<std::string> columns;
  std::vector<std::string> key;
};

Table describe(const Database& database, const std::string& name) {
  Table table{.name = name};
  std::vector<std::pair<int64_t, std::string>> key;
  Statement column(database, fmt::format("PRAGMA table_info({})", name));
  while (column.step()) {
    table.columns.push_back(column.text(1));
    if (column.integer(5) > 0) key.emplace_back(column.integer(5), column.text(1));
  }
  std::sort(key.begin(), key.end());
  for (const auto& [place, part] : key) table.key.push_back(part);
  return table;
}

// Copies one table's rows. No index is asked: it may be what is damaged, and the rows whole.
class RowSalvage {
 public:
  RowSalvage(const Database& from, Database& to, const std::string& table)
      : from_(from), to_(to), table_(describe(to, table)) {}

  // All rows, or those whose key begins with `start`.
  void copy(const Key& start = {}) {
    std::set<Key> keys;
    const bool whole = scan(start, "ASC", keys);
    if (!whole) {
      lost_ = true;
      std::set<Key> behind;
      scan(start, "DESC", behind);
      add_between(keys, behind);
    }
    for (const Key& key : keys) copy_row(key);
  }

  bool lost() const { return lost_; }

 private:
  // Puts the keys in this order into `keys` until one cannot be read; true if all could.
  bool scan(const Key& start, const char* order, std::set<Key>& keys) const {
    const std::string parts = fmt::format("{}", fmt::join(table_.key, ", "));
    const std::string ordered =
        fmt::format("{}", fmt::join(table_.key, fmt::format(" {}, ", order)));
    try {
      Statement row(from_, fmt::format("SELECT {} FROM {} NOT INDEXED WHERE {} ORDER BY {} {}",
                                       parts, table_.name, equals(start.size()), ordered, order));
      bind_key(row, start);
      while (row.step()) {
        Key key;
        for (int i = 0; i < row.columns(); ++i) {
          if (row.type(i) == Statement::Type::integer) {
            key.emplace_back(row.integer(i));
          } else {
            key.emplace_back(row.text(i));
          }
        }
        keys.insert(std::move(key));
      }
    } catch (const StoreError&) {
      return false;
    }
    return true;
  }

  // Between what was found from the front and from the back numbers can be tried one by one.
  static void add_between(std::set<Key>& front, const std::set<Key>& back) {
    constexpr int64_t kMostTries = 10'000'000;
    const auto number = [](const Key& key) {
      return key.size() == 1 ? std::get_if<int64_t>(&key[0]) : nullptr;
    };
    if (!back.empty() && number(*back.begin())) {
      const int64_t last = *number(*back.begin());
      int64_t next = 1;
      if (!front.empty() && number(*front.rbegin())) next = *number(*front.rbegin()) + 1;
      for (next = std::max(next, last - kMostTries); next < last; ++next) front.insert({next});
    }
    front.insert(back.begin(), back.end());
  }

  // "a = ? AND b = ?" of the key's first columns.
  std::string equals(size_t columns) const {
    std::string text = "1";
    for (size_t i = 0; i < columns; ++i) text += fmt::format(" AND {} = ?", table_.key[i]);
    return text;
  }

  void copy_row(const Key& key) {
    try {
      Statement row(from_, fmt::format("SELECT {} FROM {} NOT INDEXED WHERE {}",
                                       fmt::join(table_.columns, ", "), table_.name,
                                       equals(table_.key.size())));
      bind_key(row, key);
      if (row.step()) insert(row);
    } catch (const StoreError&) {
      lost_ = true;
    }
  }

  // What is no such row any more (a text where a number belongs) is passed over.
  void insert(const Statement& row) {
    std::vector<std::string> marks(table_.columns.size(), "?");
    Statement copy(to_, fmt::format("INSERT OR IGNORE INTO {} ({}) VALUES ({})", table_.name,
                                    fmt::join(table_.columns, ", "), fmt::join(marks, ", ")));
    for (int i = 0; i < row.columns(); ++i) {
      switch (row.type(i)) {
        case Statement::Type::null:
          copy.bind(std::optional<int64_t>());
          break;
        case Statement::Type::integer:
          copy.bind(row.integer(i));
          break;
        case Statement::Type::real:
          copy.bind(row.real(i));
          break;
        case Statement::Type::text:
          copy.bind(std::string_view(row.text(i)));
          break;
        case Statement::Type::bytes:
          copy.bind_bytes(row.bytes(i));
          break;
      }
    }
    copy.finish();
  }

  const Database& from_;
  Database& to_;
  Table table_;
  bool lost_ = false;
};

std::vector<int64_t> ids(const Store& store, const char* table) {
  std::vector<int64_t> all;
  Statement row(store.database(), fmt::format("SELECT id FROM {}", table));
  while (row.step()) all.push_back(row.integer(0));
  return all;
}

// Blocks cell by cell, so that a page in their midst does not hide all between two others.
bool copy_blocks(const Database& from, Store& to) {
  RowSalvage blocks(from, to.database(), "block");
  for (const int64_t cell : ids(to, "cell")) blocks.copy({cell});
  return !blocks.lost();
}

// Request sets whose order is damaged go, and what points at rows that are gone.
void drop_loose_rows(Store& store) {
  Database& database = store.database();
  for (const int64_t id : ids(store, "request_set")) {
    try {
      store.finish_order(id);
    } catch (const Error&) {
      Statement(database, "DELETE FROM request_set WHERE id = ?").bind(id).finish();
    }
  }
  database.run(
      "DELETE FROM cell WHERE weights NOT IN (SELECT id FROM weights)"
      " OR request_set NOT IN (SELECT id FROM request_set);"
      "DELETE FROM block WHERE cell NOT IN (SELECT id FROM cell);"
      "DELETE FROM checkpoint WHERE weights NOT IN (SELECT id FROM weights);"
      "DELETE FROM task WHERE request_set NOT IN (SELECT id FROM request_set);"
      "DELETE FROM import_score WHERE file NOT IN (SELECT id FROM import_file);"
      "DELETE FROM import_items WHERE file NOT IN (SELECT id FROM import_file)");
}

void reopen_cells_that_lack_scores(Store& store) {
  store.drop_damaged_blocks();
  store.database().run(
      "UPDATE cell SET state = 'running' WHERE state = 'done' AND"
      " (SELECT requests FROM request_set WHERE id = cell.request_set) <>"
      " (SELECT coalesce(sum(count), 0) FROM block WHERE cell = cell.id)");
}

void drop_plan(Store& store) {
  store.database().run(
      "DELETE FROM meta WHERE key <> 'written_by'; DELETE FROM series; DELETE FROM checkpoint;"
      "DELETE FROM task");
}

bool can_read_plan(const Store& store) {
  try {
    if (has_plan(store)) read_plan(store);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

Store salvage_store(const Path& file, std::vector<std::string>& notes) {
  if (!std::filesystem::exists(file)) return Store::open_unchanged(file);  // says so
  const Store from = Store::open_damaged(file);
  const Database& source = from.database();
  Store to = Store::in_memory(file);
  std::set<std::string> losses;
  const auto copy = [&](const char* name) {
    RowSalvage rows(source, to.database(), name);
    rows.copy();
    if (rows.lost()) losses.insert(name);
  };
  for (const char* name :
       {"weights", "request_set", "cell", "weights_file", "meta", "series", "checkpoint", "task",
        "import_file", "import_series", "import_score", "import_items", "import_mean"}) {
    copy(name);
  }
  if (!copy_blocks(source, to)) losses.insert("block");
  const int64_t tasks = to.database().number("SELECT count(*) FROM task");
  const int64_t checkpoints = to.database().number("SELECT count(*) FROM checkpoint");
  drop_loose_rows(to);
  reopen_cells_that_lack_scores(to);
  const bool plan_is_whole =
      !losses.contains("meta") && !losses.contains("series") && !losses.contains("checkpoint") &&
      !losses.contains("task") && to.database().number("SELECT count(*) FROM task") == tasks &&
      to.database().number("SELECT count(*) FROM checkpoint") == checkpoints && can_read_plan(to);
  // What another store has of these files, or a new import, goes before what is left.
  if (losses.contains("import_score") || losses.contains("import_items")) {
    to.database().run("UPDATE import_file SET written = 0");
  }
  for (const std::string& name : losses) {
    notes.push_back(fmt::format("{}: parts of its table '{}' cannot be read", file.string(), name));
  }
  if (!plan_is_whole) {
    drop_plan(to);
    notes.push_back(
        fmt::format("{}: what its latest sweep covered is lost; the same sweep, into "
                    "the new folder, says it again and computes what is missing",
                    file.string()));
  }
  return to;
}

}  // namespace e2lm
