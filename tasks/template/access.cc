#include "tasks/template/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>

#include "base/json.h"
#include "tasks/template/attributes.h"
#include "tasks/template/compare.h"
#include "tasks/template/python_text.h"
#include "tasks/template/unicode.h"

namespace e2lm::jinja {
namespace {

std::vector<Value> characters(Work& work, std::string_view text) {
  work.spend(text.size());
  std::vector<Value> items;
  for (size_t at = 0; at < text.size();) {
    const size_t start = at;
    next_character(text, at);
    items.emplace_back(text.substr(start, at - start));
  }
  return items;
}

std::vector<Value> all_of(Work& work, const Items& items) {
  work.spend(items.size());
  std::vector<Value> values;
  values.reserve(items.size());
  for (size_t i = 0; i < items.size(); ++i) values.push_back(items[i]);
  return values;
}

// Python's index from the end for a negative one; none when it is outside.
std::optional<size_t> position(int64_t index, int64_t size) {
  if (index < 0) index += size;
  if (index < 0 || index >= size) return std::nullopt;
  return static_cast<size_t>(index);
}

std::optional<Value> character(Work& work, std::string_view text, int64_t index) {
  work.spend_bytes(text.size());
  if (index < 0) index += count_characters(text);
  if (index < 0) return std::nullopt;
  size_t at = character_offset(text, static_cast<size_t>(index));
  if (at == text.size()) return std::nullopt;
  const size_t start = at;
  next_character(text, at);
  return text.substr(start, at - start);
}

// The item of a sequence; none when there is none, or `object` is no sequence.
std::optional<Value> item_at(Work& work, const Value& object, int64_t index) {
  if (const auto* text = object.get<std::string_view>()) return character(work, *text, index);
  if (const auto* items = items_of(object)) {
    const auto at = position(index, static_cast<int64_t>(items->size()));
    return at ? std::optional((*items)[*at]) : std::nullopt;
  }
  if (const auto* range = object.get<Range>()) {
    const auto at = position(index, range->size());
    return at ? std::optional(Value((*range)[static_cast<int64_t>(*at)])) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<Value> entry_at(Work& work, const Dict& dict, const Value& key) {
  require_defined(work, key);
  return is_hashable(work, key) ? find(work, dict, key) : std::nullopt;
}

// The indices a slice means: from `start`, `count` times, by `step`.
struct Stride {
  int64_t start = 0;
  int64_t count = 0;
  int64_t step = 1;
};

int64_t bound(Work& work, const Value& value, int64_t absent) {
  if (value.is<None>()) return absent;
  if (const auto integer = integer_of(value)) return *integer;
  work.fail(fmt::format("a slice has a bound of type {}", type_name(value)), "an integer");
}

Stride stride(Work& work, const Value& start, const Value& stop, const Value& step, int64_t size) {
  constexpr int64_t kFar = std::numeric_limits<int64_t>::max();
  const int64_t by = std::max(bound(work, step, 1), -kFar);
  if (by == 0) work.fail("a slice has the step 0");
  const int64_t lowest = by > 0 ? 0 : -1;
  const int64_t highest = by > 0 ? size : size - 1;
  const auto place = [&](const Value& value, int64_t absent) {
    if (value.is<None>()) return absent;
    const int64_t index = bound(work, value, 0);
    return std::clamp(index < 0 ? index + size : index, lowest, highest);
  };
  const int64_t from = place(start, by > 0 ? lowest : highest);
  const int64_t to = place(stop, by > 0 ? highest : lowest);
  return {from, Range{from, to, by}.size(), by};
}

std::string_view slice_text(Work& work, std::string_view text, const Value& start,
                            const Value& stop, const Value& step) {
  work.spend_bytes(text.size());
  const Stride s = stride(work, start, stop, step, count_characters(text));
  if (s.count == 0) return {};
  if (s.step == 1) {
    const std::string_view rest = text.substr(character_offset(text, static_cast<size_t>(s.start)));
    return rest.substr(0, character_offset(rest, static_cast<size_t>(s.count)));
  }
  const std::u32string all = to_characters(text);
  std::string picked;
  for (int64_t i = 0; i < s.count; ++i) {
    append_character(picked, all[static_cast<size_t>(s.start + i * s.step)]);
  }
  return work.keep(std::move(picked));
}

Items slice_items(Work& work, const Items& items, const Value& start, const Value& stop,
                  const Value& step) {
  const Stride s = stride(work, start, stop, step, static_cast<int64_t>(items.size()));
  work.spend(static_cast<size_t>(s.count));
  std::vector<Value> picked;
  for (int64_t i = 0; i < s.count; ++i) {
    picked.push_back(items[static_cast<size_t>(s.start + i * s.step)]);
  }
  return work.keep(std::move(picked));
}

}  // namespace

std::vector<Value> iterate(Work& work, const Value& value) {
  require_defined(work, value);
  if (const auto* items = items_of(value)) return all_of(work, *items);
  if (const auto* text = value.get<std::string_view>()) return characters(work, *text);
  if (value.is<Undefined>()) return {};
  std::vector<Value> values;
  if (const auto* dict = value.get<Dict>()) {
    work.spend(dict->size());
    for (size_t i = 0; i < dict->size(); ++i) values.push_back(dict->key(i));
  } else if (const auto* range = value.get<Range>()) {
    work.spend(static_cast<size_t>(range->size()));
    for (int64_t i = 0; i < range->size(); ++i) values.emplace_back((*range)[i]);
  } else if (const auto* stream = value.get<Stream>()) {
    if (stream->spent != nullptr && *stream->spent) {
      work.fail("an iterator is read twice", "|list after map, select, reverse and their like");
    }
    if (stream->spent != nullptr) *stream->spent = true;
    return all_of(work, stream->items);
  } else {
    work.fail(fmt::format("a {} has no items", type_name(value)), "a list or a text");
  }
  return values;
}

int64_t length(Work& work, const Value& value) {
  require_defined(work, value);
  if (const auto* text = value.get<std::string_view>()) {
    work.spend_bytes(text->size());
    return count_characters(*text);
  }
  if (const auto* items = items_of(value)) return static_cast<int64_t>(items->size());
  if (const auto* dict = value.get<Dict>()) return static_cast<int64_t>(dict->size());
  if (const auto* range = value.get<Range>()) return range->size();
  if (value.is<Undefined>()) return 0;
  if (const auto* stream = value.get<Stream>(); stream != nullptr && stream->spent == nullptr) {
    return static_cast<int64_t>(stream->items.size());
  }
  work.fail(fmt::format("a {} has no length", type_name(value)), "a list or a text");
}

Value get_item(Work& work, const Value& object, const Value& index) {
  if (const auto* undefined = object.get<Undefined>()) work.fail(*undefined);
  if (const auto* dict = object.get<Dict>()) {
    if (const auto value = entry_at(work, *dict, index)) return *value;
  } else if (const auto integer = integer_of(index)) {
    if (const auto value = item_at(work, object, *integer)) return *value;
  }
  const auto* name = index.get<std::string_view>();
  if (name != nullptr) refuse_attribute(work, object, *name);
  return missing(work, object, index);
}

Value get_attribute(Work& work, const Value& object, std::string_view name) {
  if (const auto* undefined = object.get<Undefined>()) work.fail(*undefined);
  if (const auto* loop = object.get<const Loop*>()) return loop_attribute(work, **loop, name);
  refuse_attribute(work, object, name);
  if (const auto* dict = object.get<Dict>()) {
    if (const auto value = find(work, *dict, name)) return *value;
  }
  return missing(work, object, name);
}

Value get_slice(Work& work, const Value& object, const Value& start, const Value& stop,
                const Value& step) {
  if (const auto* undefined = object.get<Undefined>()) work.fail(*undefined);
  if (const auto* text = object.get<std::string_view>()) {
    return slice_text(work, *text, start, stop, step);
  }
  if (const auto* list = object.get<List>()) {
    return List{slice_items(work, list->items, start, stop, step)};
  }
  if (const auto* tuple = object.get<Tuple>()) {
    return Tuple{slice_items(work, tuple->items, start, stop, step)};
  }
  work.fail(fmt::format("a {} cannot be sliced", type_name(object)), "a list or a text");
}

Undefined missing(Work& work, const Value& object, const Value& index) {
  const std::string type = object.is<None>() ? "None" : fmt::format("{} object", type_name(object));
  const std::string key = repr(work, index);
  return {work.keep(index.is<std::string_view>()
                        ? fmt::format("'{}' has no attribute {}", type, key)
                        : fmt::format("{} has no element {}", type, key))};
}

}  // namespace e2lm::jinja
