#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "tasks/template/access.h"
#include "tasks/template/arithmetic.h"
#include "tasks/template/compare.h"
#include "tasks/template/filters.h"
#include "tasks/template/is_tests.h"
#include "tasks/template/python_text.h"
#include "tasks/template/text_functions.h"
#include "tasks/template/unicode.h"

namespace e2lm::jinja {
namespace {

Value length_filter(Work& work, const Value& value, Arguments& arguments) {
  arguments.finish();
  return length(work, value);
}

Value list(Work& work, const Value& value, Arguments& arguments) {
  arguments.finish();
  return List{work.keep(iterate(work, value))};
}

Value first(Work& work, const Value& value, Arguments& arguments) {
  arguments.finish();
  const auto items = iterate(work, value);
  return items.empty() ? Value(Undefined{"No first item, sequence was empty."}) : items.front();
}

bool is_iterator(const Value& value) {
  const auto* stream = value.get<Stream>();
  return stream != nullptr && stream->spent != nullptr;
}

Value last(Work& work, const Value& value, Arguments& arguments) {
  arguments.finish();
  if (is_iterator(value)) arguments.fail("got an iterator", "a list, as |list makes it");
  const auto items = iterate(work, value);
  return items.empty() ? Value(Undefined{"No last item, sequence was empty."}) : items.back();
}

Value reverse(Work& work, const Value& value, Arguments& arguments) {
  arguments.finish();
  auto items = iterate(work, value);
  std::reverse(items.begin(), items.end());
  if (value.is<std::string_view>()) {
    std::string text;
    for (const Value& character : items) text += *character.get<std::string_view>();
    return work.keep(std::move(text));
  }
  if (is_iterator(value)) return List{work.keep(std::move(items))};
  return work.keep_iterator(std::move(items));
}

// What an `attribute` argument means: "a.b.0" goes down by keys and positions.
Value follow(Work& work, Value item, const Value& path, const Value* absent = nullptr) {
  const auto step = [&](const Value& key) {
    item = get_item(work, item, key);
    if (absent != nullptr && !absent->is<None>() && item.is<Undefined>()) item = *absent;
  };
  const auto* text = path.get<std::string_view>();
  if (text == nullptr) {
    if (!path.is<None>()) step(path);
    return item;
  }
  for (const std::string_view part : split(work, *text, ".", -1)) {
    const bool digits =
        !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
    if (digits && part.size() > 18) work.fail("the attribute has a number beyond 64 bits");
    step(digits ? Value(int64_t{std::stoll(std::string(part))}) : Value(part));
  }
  return item;
}

// The key by which sort, unique, min and max compare.
Value key_of(Work& work, const Value& item, const Value& attribute, bool case_sensitive) {
  const Value key = follow(work, item, attribute);
  const auto* text = key.get<std::string_view>();
  if (text == nullptr || case_sensitive) return key;
  work.spend_characters(text->size());
  return work.keep(to_lower(*text));
}

Value join(Work& work, const Value& value, Arguments& arguments) {
  const Value separator = arguments.next("d").value_or(std::string_view());
  const Value attribute = arguments.next("attribute").value_or(None{});
  arguments.finish();
  const std::string_view between = str(work, separator);
  std::string out;
  bool is_first = true;
  for (const Value& item : iterate(work, value)) {
    if (!std::exchange(is_first, false)) out += between;
    append_str(work, follow(work, item, attribute), out);
  }
  return work.keep(std::move(out));
}

// A list of the keys an attribute "a,b" names; for a plain one, a list of one.
Value sort_key(Work& work, const Value& item, const Value& attribute, bool case_sensitive) {
  std::vector<Value> keys;
  if (const auto* text = attribute.get<std::string_view>()) {
    for (const std::string_view part : split(work, *text, ",", -1)) {
      keys.push_back(key_of(work, item, part, case_sensitive));
    }
  } else {
    keys.push_back(key_of(work, item, attribute, case_sensitive));
  }
  return List{work.keep(std::move(keys))};
}

Value sort(Work& work, const Value& value, Arguments& arguments) {
  const bool descending = arguments.flag("reverse", false);
  const bool case_sensitive = arguments.flag("case_sensitive", false);
  const Value attribute = arguments.next("attribute").value_or(None{});
  arguments.finish();
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& item : iterate(work, value)) {
    keyed.emplace_back(sort_key(work, item, attribute, case_sensitive), item);
  }
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    return compare(work, descending ? Comparison::greater : Comparison::less, a.first, b.first);
  });
  std::vector<Value> sorted;
  for (const auto& [key, item] : keyed) sorted.push_back(item);
  return List{work.keep(std::move(sorted))};
}

Value unique(Work& work, const Value& value, Arguments& arguments) {
  const bool case_sensitive = arguments.flag("case_sensitive", false);
  const Value attribute = arguments.next("attribute").value_or(None{});
  arguments.finish();
  std::vector<Value> seen;
  std::vector<Value> kept;
  for (const Value& item : iterate(work, value)) {
    const Value key = key_of(work, item, attribute, case_sensitive);
    require_defined(work, key);
    if (!is_hashable(work, key)) arguments.fail(fmt::format("meets a {}", type_name(key)));
    const auto same = [&](const Value& other) { return equal(work, other, key); };
    if (std::any_of(seen.begin(), seen.end(), same)) continue;
    seen.push_back(key);
    kept.push_back(item);
  }
  return work.keep_iterator(std::move(kept));
}

template <Comparison better>
Value extreme(Work& work, const Value& value, Arguments& arguments) {
  const bool case_sensitive = arguments.flag("case_sensitive", false);
  const Value attribute = arguments.next("attribute").value_or(None{});
  arguments.finish();
  const auto items = iterate(work, value);
  if (items.empty()) return Undefined{"No aggregated item, sequence was empty."};
  Value best = items[0];
  Value best_key = key_of(work, best, attribute, case_sensitive);
  for (size_t i = 1; i < items.size(); ++i) {
    const Value key = key_of(work, items[i], attribute, case_sensitive);
    if (!compare(work, better, key, best_key)) continue;
    best = items[i];
    best_key = key;
  }
  return best;
}

Value sum(Work& work, const Value& value, Arguments& arguments) {
  const Value attribute = arguments.next("attribute").value_or(None{});
  Value total = arguments.next("start").value_or(int64_t{0});
  arguments.finish();
  if (total.is<std::string_view>()) arguments.fail("does not add texts", "|join");
  for (const Value& item : iterate(work, value)) {
    total = compute(work, Arithmetic::add, total, follow(work, item, attribute));
  }
  return total;
}

Value map(Work& work, const Value& value, Arguments& arguments) {
  std::vector<Value> mapped;
  const auto items = truth(work, value) ? iterate(work, value) : std::vector<Value>();
  if (const auto name = arguments.next()) {
    const auto* text = name->get<std::string_view>();
    const Filter* filter = text != nullptr ? find_filter(*text) : nullptr;
    if (filter == nullptr || filter->makes_markup) arguments.fail("does not know the filter");
    const auto positional = arguments.take_rest();
    const auto named = arguments.take_named();
    for (const Value& item : items) {
      work.spend(1);
      Arguments own(work, filter->name, positional, named);
      mapped.push_back(filter->apply(work, item, own));
    }
  } else {
    const Value attribute = arguments.require("attribute");
    const Value absent = arguments.next("default").value_or(None{});
    arguments.finish();
    for (const Value& item : items) mapped.push_back(follow(work, item, attribute, &absent));
  }
  return work.keep_iterator(std::move(mapped));
}

// The items for which a test holds, or their truth where none is named.
template <bool wanted, bool by_attribute>
Value select(Work& work, const Value& value, Arguments& arguments) {
  const Value attribute = by_attribute ? arguments.require() : Value(None{});
  const auto name = arguments.next();
  const auto* text = name ? name->get<std::string_view>() : nullptr;
  const IsTest* test = text != nullptr ? find_is_test(*text) : nullptr;
  if (name && test == nullptr) arguments.fail("does not know the test");
  const auto positional = arguments.take_rest();
  const auto named = arguments.take_named();
  std::vector<Value> kept;
  for (const Value& item : truth(work, value) ? iterate(work, value) : std::vector<Value>()) {
    const Value subject = follow(work, item, attribute);
    Arguments own(work, test != nullptr ? test->name : "select", positional, named);
    const bool holds = test != nullptr ? test->holds(work, subject, own) : truth(work, subject);
    if (holds == wanted) kept.push_back(item);
  }
  return work.keep_iterator(std::move(kept));
}

Value entries(Work& work, const Value& value, Arguments& arguments) {
  arguments.finish();
  std::vector<Value> pairs;
  const auto* dict = value.get<Dict>();
  if (dict == nullptr && !value.is<Undefined>()) {
    arguments.fail(fmt::format("got a {}", type_name(value)), "a dictionary");
  }
  for (size_t i = 0; dict != nullptr && i < dict->size(); ++i) {
    pairs.emplace_back(Tuple{work.keep(std::vector<Value>{dict->key(i), dict->value(i)})});
  }
  return work.keep_iterator(std::move(pairs));
}

constexpr auto kFilters = std::to_array<Filter>({
    {"count", length_filter},
    {"first", first},
    {"items", entries},
    {"join", join},
    {"last", last},
    {"length", length_filter},
    {"list", list},
    {"map", map},
    {"max", extreme<Comparison::greater>},
    {"min", extreme<Comparison::less>},
    {"reject", select<false, false>},
    {"rejectattr", select<false, true>},
    {"reverse", reverse},
    {"select", select<true, false>},
    {"selectattr", select<true, true>},
    {"sort", sort},
    {"sum", sum},
    {"unique", unique},
});

}  // namespace

std::span<const Filter> sequence_filters() {
  return kFilters;
}

}  // namespace e2lm::jinja
