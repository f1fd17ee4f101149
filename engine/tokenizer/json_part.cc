#include "engine/tokenizer/json_part.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

namespace e2lm {

JsonPart::JsonPart(const SortedJson& document, std::string file)
    : value_(&document), file_(std::move(file)) {}

JsonPart::JsonPart(const SortedJson& value, const JsonPart& parent, std::string_view step)
    : value_(&value), file_(parent.file_), path_(parent.path_) {
  if (!path_.empty() && !step.starts_with('[')) path_ += '.';
  path_ += step;
}

void JsonPart::expect_object() const {
  expect(value_->is_object(), "an object");
}

void JsonPart::expect_list() const {
  expect(value_->is_array(), "a list");
}

JsonPart JsonPart::at(std::string_view key) const {
  expect_object();
  const auto found = value_->find(std::string(key));
  if (found == value_->end()) throw error(fmt::format("lacks the key '{}'", key));
  return {*found, *this, key};
}

std::optional<JsonPart> JsonPart::find(std::string_view key) const {
  expect_object();
  const auto found = value_->find(std::string(key));
  if (found == value_->end() || found->is_null()) return std::nullopt;
  return JsonPart(*found, *this, key);
}

bool JsonPart::flag_or(std::string_view key, bool absent) const {
  const auto part = find(key);
  return part ? part->flag() : absent;
}

JsonPart JsonPart::item(size_t i) const {
  return {(*value_)[i], *this, fmt::format("[{}]", i)};
}

std::vector<JsonPart> JsonPart::items() const {
  expect_list();
  std::vector<JsonPart> parts;
  for (size_t i = 0; i < value_->size(); ++i) parts.push_back(item(i));
  return parts;
}

const std::string& JsonPart::text() const {
  expect(value_->is_string(), "a string");
  return value_->get_ref<const std::string&>();
}

bool JsonPart::flag() const {
  expect(value_->is_boolean(), "true or false");
  return value_->get<bool>();
}

int32_t JsonPart::id() const {
  const auto id = token_id(*value_);
  expect(id.has_value(), "a token id, from 0 to 2147483646");
  return *id;
}

void JsonPart::expect_keys(std::initializer_list<std::string_view> known) const {
  expect_object();
  for (const auto& [key, value] : value_->items()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    throw JsonPart(value, *this, key).error("this key is not supported");
  }
}

size_t JsonPart::choice(const std::vector<std::string_view>& known) const {
  const auto found = std::ranges::find(known, text());
  if (found != known.end()) return static_cast<size_t>(found - known.begin());
  throw error(fmt::format("'{}' is not supported", text()),
              fmt::format("{}", fmt::join(known, ", ")));
}

Error JsonPart::error(std::string_view what, std::string_view expected) const {
  return Error(where(), what, expected);
}

std::string JsonPart::where() const {
  return path_.empty() ? file_ : fmt::format("{}: {}", file_, path_);
}

void JsonPart::expect(bool right, std::string_view type) const {
  constexpr size_t kShown = 40;
  if (right) return;
  std::string shown = value_->is_structured() ? value_->type_name() : value_->dump();
  if (shown.size() > kShown) shown = value_->type_name();
  throw error(fmt::format("{} has the wrong type or range", shown), type);
}

std::optional<int32_t> token_id(const SortedJson& value) {
  constexpr int32_t kLargest = std::numeric_limits<int32_t>::max() - 1;
  if (!value.is_number_integer()) return std::nullopt;
  // Below as above: a number beyond int64_t is kept as unsigned and would come out negative.
  const auto id = value.get<int64_t>();
  if (id < 0 || id > kLargest) return std::nullopt;
  return static_cast<int32_t>(id);
}

}  // namespace e2lm
