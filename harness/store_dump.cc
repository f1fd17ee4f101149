#include "harness/store_dump.h"

#include "base/hash.h"
#include "base/json.h"

namespace e2lm {
namespace {

enum class Kind { text, integer, real, packed };

struct Column {
  const char* name;
  Kind kind;
};

struct Rows {
  const char* name;  // of what each row is
  const char* query;
  std::vector<Column> columns;
};

#define E2LM_CELL_NAMES "w.sha256, r.sha256, c.settings"
#define E2LM_CELL_JOIN \
  "cell c JOIN weights w ON w.id = c.weights JOIN request_set r ON r.id = c.request_set "

const std::vector<Rows>& all_rows() {
  using enum Kind;
  static const std::vector<Rows> kAll = {
      {"meta",
       "SELECT key, value FROM meta WHERE key IN ('rules', 'token_rules') ORDER BY key",
       {{"key", text}, {"value", text}}},
      {"weights",
       "SELECT sha256, family, dtype, parameters, bytes FROM weights ORDER BY sha256",
       {{"sha256", text},
        {"family", text},
        {"dtype", text},
        {"parameters", integer},
        {"bytes", integer}}},
      {"requests",
       "SELECT sha256, requests, finish_order FROM request_set ORDER BY sha256",
       {{"sha256", text}, {"requests", integer}, {"finish_order", packed}}},
      {"cell",
       "SELECT " E2LM_CELL_NAMES ", c.state, c.error FROM " E2LM_CELL_JOIN
       "ORDER BY " E2LM_CELL_NAMES,
       {{"weights", text},
        {"requests", text},
        {"settings", text},
        {"state", text},
        {"error", text}}},
      {"block",
       "SELECT " E2LM_CELL_NAMES ", b.first, b.count, b.nats, b.counts FROM " E2LM_CELL_JOIN
       "JOIN block b ON b.cell = c.id ORDER BY " E2LM_CELL_NAMES ", b.first",
       {{"weights", text},
        {"requests", text},
        {"settings", text},
        {"first", integer},
        {"count", integer},
        {"nats", packed},
        {"counts", packed}}},
      {"series",
       "SELECT name, position, ranking_group, mix, control_for, tokenizer_sha256 FROM series "
       "ORDER BY name",
       {{"name", text},
        {"position", integer},
        {"group", text},
        {"mix", text},
        {"control_for", text},
        {"tokenizer", text}}},
      {"checkpoint",
       "SELECT c.series, c.step, c.position, c.tokens, c.path, w.sha256, c.error, c.settings "
       "FROM checkpoint c LEFT JOIN weights w ON w.id = c.weights ORDER BY c.series, c.step",
       {{"series", text},
        {"step", integer},
        {"position", integer},
        {"tokens", real},
        {"path", text},
        {"weights", text},
        {"error", text},
        {"settings", text}}},
      {"task",
       "SELECT t.name, t.content_sha256, t.tokenizer_sha256, t.position, r.sha256, t.documents, "
       "t.items, t.metrics FROM task t JOIN request_set r ON r.id = t.request_set "
       "ORDER BY t.name, t.content_sha256, t.tokenizer_sha256",
       {{"name", text},
        {"content", text},
        {"tokenizer", text},
        {"position", integer},
        {"requests", text},
        {"documents", integer},
        {"items", packed},
        {"metrics", text}}},
      {"import_series",
       "SELECT name, ranking_group, mix, control_for FROM import_series ORDER BY name",
       {{"name", text}, {"group", text}, {"mix", text}, {"control_for", text}}},
      {"import_file",
       "SELECT path, format FROM import_file ORDER BY path",
       {{"path", text}, {"format", text}}},
      {"import_score",
       "SELECT f.path, s.series, s.step, s.task, s.metric, s.tokens, s.value, s.instead, "
       "s.standard_error, s.samples, s.higher_is_better, s.chance FROM import_score s "
       "JOIN import_file f ON f.id = s.file ORDER BY f.path, s.series, s.step, s.task, s.metric",
       {{"file", text},
        {"series", text},
        {"step", integer},
        {"task", text},
        {"metric", text},
        {"tokens", real},
        {"value", real},
        {"instead", text},
        {"standard_error", real},
        {"samples", integer},
        {"higher_is_better", integer},
        {"chance", real}}},
      {"import_items",
       "SELECT f.path, i.series, i.step, i.task, i.tokens, i.metrics, i.ids, i.items "
       "FROM import_items i JOIN import_file f ON f.id = i.file "
       "ORDER BY f.path, i.series, i.step, i.task",
       {{"file", text},
        {"series", text},
        {"step", integer},
        {"task", text},
        {"tokens", real},
        {"metrics", text},
        {"ids", packed},
        {"items", packed}}},
      {"import_mean",
       "SELECT name, glob FROM import_mean ORDER BY name",
       {{"name", text}, {"glob", text}}}};
  return kAll;
}

#undef E2LM_CELL_NAMES
#undef E2LM_CELL_JOIN

Json value(const Statement& row, int column, Kind kind) {
  if (row.is_null(column)) return nullptr;
  if (kind == Kind::integer) return row.integer(column);
  if (kind == Kind::real) return row.real(column);
  if (kind == Kind::text) return row.text(column);
  Sha256 hash;
  hash.add(row.bytes(column));
  return hash.hex();
}

}  // namespace

void dump_store(const Store& store, const std::function<void(const std::string& line)>& line) {
  for (const Rows& rows : all_rows()) {
    Statement row(store.database(), rows.query);
    while (row.step()) {
      Json object = {{"row", rows.name}};
      for (size_t i = 0; i < rows.columns.size(); ++i) {
        const Column& column = rows.columns[i];
        object[column.name] = value(row, static_cast<int>(i), column.kind);
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
