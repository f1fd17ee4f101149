#include "base/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "base/yaml_scalar.h"

namespace e2lm {
namespace {

constexpr int kMaxNodes = 1'000'000;
constexpr int kMaxDepth = 100;

// yaml-cpp gives the escapes \_ and \N as the bare bytes A0 and 85; here they become U+00A0 and
// U+0085. No character of UTF-8 begins with these bytes, so none that is whole changes.
std::string mend_escapes(std::string text) {
  if (text.find_first_of("\xA0\x85") == std::string::npos) return text;
  std::string mended;
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == 0xA0 || byte == 0x85) mended += '\xC2';
    const size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    mended += text.substr(i, length);
    i += length;
  }
  return mended;
}

class Converter {
 public:
  // `sound`: the file is UTF-8, so a scalar can be something else by its escapes alone.
  Converter(std::string_view path, DuplicateKeys duplicates, bool sound)
      : path_(path),
        duplicates_(duplicates),
        sound_(sound),
        file_(std::make_shared<const std::string>(path)) {}

  Yaml convert(const YAML::Node& from, int depth) {
    if (++nodes_ > kMaxNodes || depth > kMaxDepth) {
      throw Error(path_, "unfolds to too many nodes or levels",
                  fmt::format("at most {} nodes, {} levels", kMaxNodes, kMaxDepth));
    }
    Yaml node;
    node.line = from.Mark().line + 1;
    node.file = file_;
    const std::string& tag = from.Tag();
    node.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (tag.size() > 1 && tag[0] == '!') node.tag = tag;
    if (from.IsScalar()) {
      node.kind = Yaml::Kind::scalar;
      node.text = text_of(from);
      if (!is_utf8(node.text)) {
        throw Error(node.where(), "is not valid UTF-8", "text in UTF-8");
      }
    } else if (from.IsSequence()) {
      node.kind = Yaml::Kind::list;
      for (const auto& item : from) node.items.push_back(convert(item, depth + 1));
    } else if (from.IsMap()) {
      node.kind = Yaml::Kind::map;
      add_entries(node, from, depth);
    }
    return node;
  }

 private:
  static bool is_merge_key(const YAML::Node& key) {
    return key.IsScalar() && key.Scalar() == "<<" && key.Tag() != "!";
  }

  std::string text_of(const YAML::Node& scalar) const {
    return sound_ ? mend_escapes(scalar.Scalar()) : scalar.Scalar();
  }

  // What comes through merge keys stands first, as in PyYAML; the map's own entries replace it.
  void add_entries(Yaml& map, const YAML::Node& from, int depth) {
    std::set<std::string> own;
    for (const auto& entry : from) {
      const std::string where = fmt::format("{}:{}", path_, entry.first.Mark().line + 1);
      if (!entry.first.IsScalar()) throw Error(where, "a key is not a scalar");
      const std::string key = text_of(entry.first);
      const bool first = own.insert(key).second;
      if (!first && duplicates_ == DuplicateKeys::refused) {
        throw Error(where, fmt::format("the key '{}' is given twice", key));
      }
      if (is_merge_key(entry.first)) merge(map, convert(entry.second, depth + 1));
    }
    for (const auto& entry : from) {
      if (is_merge_key(entry.first)) continue;
      map.set({convert(entry.first, depth + 1), convert(entry.second, depth + 1)});
    }
  }

  static void merge(Yaml& map, const Yaml& other) {
    for (const Yaml& list_item : other.items) merge(map, list_item);
    for (const auto& entry : other.entries) {
      if (!map.find(entry.key.text)) map.entries.push_back(entry);
    }
  }

  std::string path_;
  DuplicateKeys duplicates_;
  bool sound_;
  std::shared_ptr<const std::string> file_;
  int nodes_ = 0;
};

}  // namespace

const Yaml* Yaml::find(std::string_view key) const {
  for (const auto& [name, value] : entries) {
    if (name.text == key) return &value;
  }
  return nullptr;
}

void Yaml::set(YamlEntry entry) {
  for (YamlEntry& old : entries) {
    if (old.key.text == entry.key.text) return static_cast<void>(old = std::move(entry));
  }
  entries.push_back(std::move(entry));
}

std::string Yaml::where() const {
  return fmt::format("{}:{}", file ? *file : "", line);
}

Yaml overlay(Yaml under, const Yaml& over) {
  for (const YamlEntry& entry : over.entries) under.set(entry);
  return under;
}

Json Yaml::json() const {
  switch (kind) {
    case Kind::null:
      return nullptr;
    case Kind::scalar:
      return quoted ? Json(text) : resolve_yaml_scalar(text);
    case Kind::list: {
      Json list = Json::array();
      for (const Yaml& item : items) list.push_back(item.json());
      return list;
    }
    case Kind::map: {
      Json map = Json::object();
      for (const auto& [key, value] : entries) map[key.text] = value.json();
      return map;
    }
  }
  return nullptr;
}

Yaml parse_yaml(std::string_view text, std::string_view path, DuplicateKeys duplicates) {
  try {
    return Converter(path, duplicates, is_utf8(text)).convert(YAML::Load(std::string(text)), 0);
  } catch (const YAML::Exception& error) {
    throw Error(fmt::format("{}:{}", path, error.mark.line + 1), "is not valid YAML: " + error.msg);
  }
}

Yaml read_yaml(const Path& path, DuplicateKeys duplicates) {
  return parse_yaml(read_file(path), path.string(), duplicates);
}

void Problems::add(int line, std::string_view what) {
  lines_.push_back(line > 0 ? fmt::format("{}:{}: {}", path_, line, what)
                            : fmt::format("{}: {}", path_, what));
}

void Problems::add(const Yaml& node, std::string_view what) {
  if (!node.file) return add(node.line, what);
  lines_.push_back(fmt::format("{}: {}", node.where(), what));
}

void Problems::add(const Error& error) {
  lines_.emplace_back(error.what());
}

void Problems::raise() const {
  if (!lines_.empty()) throw Error("", fmt::format("{}", fmt::join(lines_, "\n")));
}

YamlMap::YamlMap(const Yaml& node, std::string name, Problems& problems)
    : node_(&node), name_(std::move(name)), problems_(problems) {
  if (node.kind == Yaml::Kind::map) return;
  static const Yaml kEmpty{.kind = Yaml::Kind::map};
  problems_.add(node, (name_.empty() ? "the file" : name_) + " must be a mapping of keys");
  node_ = &kEmpty;
}

std::string YamlMap::path(std::string_view key) const {
  return name_.empty() ? std::string(key) : fmt::format("{}.{}", name_, key);
}

const Yaml* YamlMap::find(std::string_view key) {
  known_.emplace_back(key);
  const Yaml* value = node_->find(key);
  return value && value->kind != Yaml::Kind::null ? value : nullptr;
}

const Yaml* YamlMap::require(std::string_view key) {
  const Yaml* value = find(key);
  if (!value) problems_.add(*node_, fmt::format("the key '{}' is missing", path(key)));
  return value;
}

std::optional<std::string> YamlMap::text(std::string_view key) {
  const Yaml* value = find(key);
  if (!value) return {};
  if (value->kind == Yaml::Kind::scalar) return value->text;
  problems_.add(*value, fmt::format("'{}' must be text", path(key)));
  return {};
}

std::optional<double> YamlMap::number(std::string_view key) {
  const Yaml* value = find(key);
  if (!value) return {};
  if (const auto number = yaml_number(*value)) return number;
  problems_.add(*value, fmt::format("'{}' must be a number", path(key)));
  return {};
}

std::optional<int64_t> YamlMap::integer(std::string_view key) {
  const Yaml* value = find(key);
  if (!value) return {};
  if (const auto number = yaml_integer(*value)) return number;
  problems_.add(*value, fmt::format("'{}' must be a whole number", path(key)));
  return {};
}

void YamlMap::finish() {
  for (const auto& [key, value] : node_->entries) {
    if (std::find(known_.begin(), known_.end(), key.text) != known_.end()) continue;
    std::string what = fmt::format("the key '{}' is unknown", path(key.text));
    const std::string near = nearest(key.text, known_);
    if (!near.empty()) what += fmt::format("; did you mean '{}'?", near);
    problems_.add(key, what);
  }
}

std::optional<double> yaml_number(const Yaml& node) {
  if (node.kind != Yaml::Kind::scalar || node.text.empty()) return {};
  std::string digits = node.text;
  std::erase(digits, '_');
  char* end = nullptr;
  const double value = std::strtod(digits.c_str(), &end);
  if (*end != '\0' || !std::isfinite(value)) return {};
  return value;
}

std::optional<int64_t> yaml_integer(const Yaml& node) {
  const auto value = yaml_number(node);
  if (!value || *value != std::floor(*value) || std::abs(*value) > 9e15) return {};
  return static_cast<int64_t>(*value);
}

}  // namespace e2lm
