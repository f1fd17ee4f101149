#include "harness/store/store_dump.h"

#include "base/hash.h"
#include "base/json.h"

namespace e2lm {
namespace {

// What each row is, and where rows come from; the columns' names are those of the objects' keys.
struct Rows {
  const char* name;
  const char* query;
};

constexpr Rows kAllRows[] = {
    {"meta",
     "SELECT key, value FROM meta WHERE key IN ('num_fewshot', 'rules', 'token_rules') ORDER BY "
     "key"},
    // Of a checkpoint that was damaged for a while something is left that nothing refers to.
    {"weights",
     "SELECT sha256, family, dtype, parameters, bytes FROM weights WHERE id IN "
     "(SELECT weights FROM cell UNION SELECT weights FROM checkpoint) ORDER BY sha256"},
    {"requests", "SELECT sha256, requests, finish_order FROM request_set ORDER BY sha256"},
    {"cell",
     "SELECT w.sha256 AS weights, r.sha256 AS requests, c.settings, c.state, c.error FROM cell c "
     "JOIN weights w ON w.id = c.weights JOIN request_set r ON r.id = c.request_set "
     "ORDER BY 1, 2, 3"},
    {"block",
     "SELECT w.sha256 AS weights, r.sha256 AS requests, c.settings, b.first, b.count, b.nats, "
     "b.counts FROM block b JOIN cell c ON c.id = b.cell JOIN weights w ON w.id = c.weights "
     "JOIN request_set r ON r.id = c.request_set ORDER BY 1, 2, 3, 4"},
    {"series",
     "SELECT name, position, ranking_group, mix, control_for, tokenizer_sha256 FROM series "
     "ORDER BY name"},
    // Where it was read from makes no result another one.
    {"checkpoint",
     "SELECT c.series, c.step, c.position, c.tokens, w.sha256 AS weights, c.error, c.settings FROM "
     "checkpoint c LEFT JOIN weights w ON w.id = c.weights ORDER BY 1, 2"},
    {"task",
     "SELECT t.name, t.content_sha256, t.tokenizer_sha256, t.position, r.sha256 AS requests, "
     "t.documents, t.items, t.metrics FROM task t JOIN request_set r ON r.id = t.request_set "
     "ORDER BY 1, 2, 3"},
    {"import_series",
     "SELECT name, ranking_group, mix, control_for FROM import_series ORDER BY name"},
    {"import_file", "SELECT path, format FROM import_file ORDER BY path"},
    {"import_score",
     "SELECT f.path, s.series, s.step, s.task, s.metric, s.tokens, s.value, s.instead, "
     "s.standard_error, s.samples, s.higher_is_better, s.chance FROM import_score s "
     "JOIN import_file f ON f.id = s.file ORDER BY 1, 2, 3, 4, 5"},
    {"import_items",
     "SELECT f.path, i.series, i.step, i.task, i.tokens, i.metrics, i.ids, i.items "
     "FROM import_items i JOIN import_file f ON f.id = i.file ORDER BY 1, 2, 3, 4"},
    {"import_mean", "SELECT name, glob FROM import_mean ORDER BY name"}};

Json value(const Statement& row, int column) {
  switch (row.type(column)) {
    case Statement::Type::null:
      return nullptr;
    case Statement::Type::integer:
      return row.integer(column);
    case Statement::Type::real:
      return row.real(column);
    case Statement::Type::text:
      return row.text(column);
    case Statement::Type::bytes:
      break;
  }
  Sha256 hash;
  hash.add(row.bytes(column));
  return hash.hex();
}

}  // namespace

void dump_store(const Store& store, const std::function<void(const std::string& line)>& line) {
  const Snapshot snapshot(store.database());  // a sweep may be running on it
  for (const Rows& rows : kAllRows) {
    Statement row(store.database(), rows.query);
    while (row.step()) {
      Json object = {{"row", rows.name}};
      for (int column = 0; column < row.columns(); ++column) {
        object[row.name(column)] = value(row, column);
      }
      line(object.dump(-1, ' ', false, Json::error_handler_t::replace));
    }
  }
}

std::string content_sha256(const Store& store) {
  Sha256 hash;
  dump_store(store, [&](const std::string& line) { hash.add(line + "\n"); });
  return hash.hex();
}

}  // namespace e2lm
