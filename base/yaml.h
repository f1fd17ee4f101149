#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

namespace e2lm {

// A YAML node with its place in the file. Scalars keep their text: what type a plain word has
// depends on who asks (a manifest reads 206e9 as a number, YAML 1.1 calls it a string).
struct YamlEntry;
struct Yaml {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  std::string text;     // of a scalar
  bool quoted = false;  // a quoted or block scalar is a string whatever it looks like
  std::string tag;      // "!function" and other local tags; empty for plain nodes
  std::vector<Yaml> items;
  std::vector<YamlEntry> entries;  // of a map, in file order
  int line = 0;                    // 1-based
  // The file it stands in. Shared by its nodes: a mapping may be put together of several files.
  std::shared_ptr<const std::string> file;

  // The value under a string key, or null.
  const Yaml* find(std::string_view key) const;
  // Puts an entry into a map, in place of one with the same key.
  void set(YamlEntry entry);
  std::string where() const;  // "file:line"

  // The value with the types PyYAML gives (YAML 1.1): `no` is false, 010 is 8, 1:30 is 90, 1e3 is
  // a string. Keys become strings.
  Json json() const;
};

struct YamlEntry {
  Yaml key;  // a scalar
  Yaml value;
};

// Where keys stand in a map that is put together, so that many of them take no time.
class YamlPlaces {
 public:
  YamlPlaces() = default;
  explicit YamlPlaces(const Yaml& map);

  bool holds(const std::string& key) const { return places_.contains(key); }
  void set(Yaml& map, YamlEntry entry);  // as map.set()

 private:
  std::unordered_map<std::string, size_t> places_;
};

// `over` on top of `under`, both maps: its keys win, whole values at a time.
Yaml overlay(Yaml under, const Yaml& over);

// What a key that a mapping gives twice is: an error, or worth its last value, as PyYAML has it.
enum class DuplicateKeys { refused, last_wins };

// Reads one document. Merge keys (<<) and aliases are resolved. Throws Error with file and line on
// a syntax error, no UTF-8, a key given twice, a second document, or a million nodes unfolded.
Yaml parse_yaml(std::string_view text, std::string_view path,
                DuplicateKeys duplicates = DuplicateKeys::refused);
Yaml read_yaml(const Path& path, DuplicateKeys duplicates = DuplicateKeys::refused);

// What is wrong with a file, collected so that a user sees all of it at once.
class Problems {
 public:
  explicit Problems(std::string path) : path_(std::move(path)) {}

  void add(int line, std::string_view what);
  void add(const Yaml& node, std::string_view what);  // in the node's own file
  void add(const Error& error);                       // which says its place itself
  bool empty() const { return lines_.empty(); }
  const std::string& path() const { return path_; }
  const std::vector<std::string>& lines() const { return lines_; }  // "path:line: what"

  // Throws one Error that lists every problem; returns if there is none.
  void raise() const;

 private:
  std::string path_;
  std::vector<std::string> lines_;
};

// Reads the keys of one mapping. A missing or ill-typed value is recorded in `problems` and the
// fallback returned, so that reading goes on; finish() records every key nobody asked for.
class YamlMap {
 public:
  // `name` is the key path of this mapping, shown in messages; empty for the whole file.
  YamlMap(const Yaml& node, std::string name, Problems& problems);

  const Yaml* find(std::string_view key);     // null when absent
  const Yaml* require(std::string_view key);  // absent: a problem, and null

  std::optional<std::string> text(std::string_view key);
  std::optional<double> number(std::string_view key);
  std::optional<int64_t> integer(std::string_view key);

  int line() const { return node_->line; }
  std::string path(std::string_view key) const;  // "series.steps.from"
  void finish();                                 // unknown keys, with the nearest known one

 private:
  const Yaml* node_;
  std::string name_;
  Problems& problems_;
  std::vector<std::string> known_;
};

// The numbers a scalar spells, in the widest usual sense (1_000, 206e9); none when it is not one.
std::optional<double> yaml_number(const Yaml& node);
std::optional<int64_t> yaml_integer(const Yaml& node);

}  // namespace e2lm
