#include "harness/merge/merge_imports.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/hash.h"
#include "harness/import/import_tables.h"

namespace e2lm {
namespace {

constexpr const char* kScores =
    "SELECT series, step, task, metric, position, tokens, value, instead, standard_error, samples, "
    "higher_is_better, chance FROM import_score WHERE file = ? ORDER BY position";
constexpr const char* kItems =
    "SELECT series, step, task, tokens, metrics, ids, items, checksum FROM import_items "
    "WHERE file = ? ORDER BY series, step, task";

struct File {
  int64_t id = 0;
  double written = 0;
};

std::optional<File> find_file(const Store& store, const std::string& path) {
  Statement find(store.database(), "SELECT id, written FROM import_file WHERE path = ?");
  if (!find.bind(path).step()) return {};
  return File{find.integer(0), find.real(1)};
}

// Of everything a file gave; places in it do not count.
std::string hash_of(const Store& store, int64_t file) {
  Sha256 hash;
  const auto add = [&](const char* query, int columns, int left_out) {
    Statement row(store.database(), query);
    row.bind(file);
    while (row.step()) {
      for (int c = 0; c < columns; ++c) {
        if (c == left_out) continue;
        const auto bytes = row.bytes(c);
        hash.add_field(row.is_null(c) ? "null" : fmt::format("{}", bytes.size()));
        hash.add(bytes);
      }
    }
  };
  add(kScores, 12, 4);
  add(kItems, 7, -1);
  return hash.hex();
}

void copy_scores(const Store& source, int64_t from, Store& target, int64_t to) {
  Statement row(source.database(), kScores);
  row.bind(from);
  while (row.step()) {
    std::optional<int64_t> samples;
    if (!row.is_null(9)) samples = row.integer(9);
    Statement(target.database(),
              "INSERT INTO import_score VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(row.text(0))
        .bind(row.integer(1))
        .bind(row.text(2))
        .bind(row.text(3))
        .bind(to)
        .bind(row.integer(4))
        .bind(row.real_or_none(5))
        .bind(row.real_or_none(6))
        .bind(row.text(7))
        .bind(row.real_or_none(8))
        .bind(samples)
        .bind(row.integer(10))
        .bind(row.real_or_none(11))
        .finish();
  }
}

void copy_items(const Store& source, int64_t from, Store& target, int64_t to) {
  Statement row(source.database(), kItems);
  row.bind(from);
  while (row.step()) {
    Statement(target.database(),
              "INSERT INTO import_items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(row.text(0))
        .bind(row.integer(1))
        .bind(row.text(2))
        .bind(to)
        .bind(row.real_or_none(3))
        .bind(row.text(4))
        .bind_bytes(row.bytes(5))
        .bind_bytes(row.bytes(6))
        .bind(row.integer(7))  // damage stays visible
        .finish();
  }
}

void merge_files(const Store& source, Store& target) {
  ImportTables tables(target);
  Statement all(source.database(),
                "SELECT id, path, format, written FROM import_file ORDER BY path");
  while (all.step()) {
    const int64_t from = all.integer(0);
    const std::string path = all.text(1);
    if (const auto there = find_file(target, path)) {
      if (there->written > all.real(3)) continue;
      if (there->written == all.real(3)) {
        if (hash_of(source, from) == hash_of(target, there->id)) continue;
        throw Error(source.database().path().string(),
                    fmt::format("and another store imported {} differently", path),
                    "imports with the same options; import it again in one of them");
      }
    }
    const int64_t to = tables.replace_file({.path = path, .format = all.text(2)}, all.real(3));
    copy_scores(source, from, target, to);
    copy_items(source, from, target, to);
  }
}

bool is_default(const ImportedSeries& series) {
  return series.group == "all" && series.mix == Mix::science && series.control_for.empty();
}

void merge_series(const Store& source, Store& target) {
  const std::vector<ImportedSeries> known = read_import_series(target);
  ImportTables tables(target);
  for (const ImportedSeries& series : read_import_series(source)) {
    const auto old = std::find_if(known.begin(), known.end(), [&](const ImportedSeries& one) {
      return one.name == series.name;
    });
    if (old != known.end()) {
      const bool same = old->group == series.group && old->mix == series.mix &&
                        old->control_for == series.control_for;
      if (same || is_default(series)) continue;
      if (!is_default(*old)) {
        throw Error(source.database().path().string(),
                    fmt::format("and another store do not agree on group, mix or control of the "
                                "imported series {}",
                                series.name),
                    "the same; import it again in one of them");
      }
    }
    Identity identity;
    identity.series = series.name;
    identity.group = series.group;
    identity.mix = series.mix;
    identity.control_for = series.control_for;
    tables.set_series(identity);
  }
}

void merge_means(const Store& source, Store& target) {
  const std::vector<MeanRow> known = read_import_means(target);
  ImportTables tables(target);
  for (const MeanRow& mean : read_import_means(source)) {
    const bool differs = std::any_of(known.begin(), known.end(), [&](const MeanRow& one) {
      return one.name == mean.name && one.glob != mean.glob;
    });
    if (differs) {
      throw Error(source.database().path().string(),
                  fmt::format("and another store do not agree on the mean {}", mean.name));
    }
    tables.set_mean(mean);
  }
}

}  // namespace

void merge_imports(const Store& source, Store& target) {
  merge_series(source, target);
  merge_files(source, target);
  merge_means(source, target);
  ImportTables(target).settle_differences(false);
}

}  // namespace e2lm
