#include "base/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "base/yaml_scalar.h"

namespace e2lm {

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

YamlPlaces::YamlPlaces(const Yaml& map) {
  for (size_t i = 0; i < map.entries.size(); ++i) places_[map.entries[i].key.text] = i;
}

void YamlPlaces::set(Yaml& map, YamlEntry entry) {
  const auto [place, is_new] = places_.emplace(entry.key.text, map.entries.size());
  if (is_new) return static_cast<void>(map.entries.push_back(std::move(entry)));
  map.entries[place->second] = std::move(entry);
}

Yaml overlay(Yaml under, const Yaml& over) {
  YamlPlaces places(under);
  for (const YamlEntry& entry : over.entries) places.set(under, entry);
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
      auto& members = map.get_ref<Json::object_t&>();  // keys are there once: none is looked for
      for (const auto& [key, value] : entries) members.push_back({key.text, value.json()});
      return map;
    }
  }
  return nullptr;
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
