#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "tasks/template/access.h"
#include "tasks/template/format.h"
#include "tasks/template/methods.h"
#include "tasks/template/python_text.h"
#include "tasks/template/text_functions.h"
#include "tasks/template/unicode.h"

namespace e2lm::jinja {
namespace {

using Text = std::string_view;

Value list_of(Work& work, const std::vector<Text>& parts) {
  return List{work.keep(std::vector<Value>(parts.begin(), parts.end()))};
}

// Cutting up.

template <Side side>
Value strip_method(Work&, Text text, Arguments& arguments) {
  const auto given = arguments.next();
  arguments.finish();
  if (!given || given->is<None>()) return strip(text, {}, side);
  const auto* characters = given->get<Text>();
  if (characters == nullptr) arguments.fail("got no text", "the characters to remove");
  return strip(text, *characters, side);
}

template <bool from_right>
Value split_method(Work& work, Text text, Arguments& arguments) {
  const Value separator = arguments.next("sep").value_or(None{});
  const int64_t most = arguments.integer("maxsplit", -1);
  arguments.finish();
  if (separator.is<None>()) {
    return list_of(work,
                   from_right ? split_at_space_right(text, most) : split_at_space(text, most));
  }
  const auto* at = separator.get<Text>();
  if (at == nullptr || at->empty()) arguments.fail("got no separator", "a text that is not empty");
  return list_of(work,
                 from_right ? split_right(work, text, *at, most) : split(work, text, *at, most));
}

Value splitlines(Work& work, Text text, Arguments& arguments) {
  const bool keep_breaks = arguments.integer("keepends", 0) != 0;
  arguments.finish();
  return list_of(work, split_lines(text, keep_breaks));
}

template <bool from_right>
Value partition(Work& work, Text text, Arguments& arguments) {
  const Text separator = arguments.text();
  arguments.finish();
  if (separator.empty()) arguments.fail("got no separator", "a text that is not empty");
  const auto parts =
      from_right ? split_right(work, text, separator, 1) : split(work, text, separator, 1);
  std::vector<Value> three = {Text(), Text(), Text()};
  if (parts.size() == 2) {
    three = {parts[0], separator, parts[1]};
  } else {
    three[from_right ? 2 : 0] = text;
  }
  return Tuple{work.keep(std::move(three))};
}

// Searching.

// The part of a text that a search is bounded to.
struct Window {
  Text text;
  int64_t start = 0;   // in characters
  bool exists = true;  // not so when it ends before it starts: then even "" is not found in it
};

Window window(Work& work, Text text, Arguments& arguments) {
  const Value start = arguments.next().value_or(None{});
  const Value stop = arguments.next().value_or(None{});
  arguments.finish();
  if (start.is<None>() && stop.is<None>()) return {text};
  const int64_t size = count_characters(text);
  const auto bound = [&](const Value& value, int64_t absent) {
    const int64_t index = value.is<None>() ? absent : integer_of(value).value_or(0);
    return index < 0 ? std::max<int64_t>(index + size, 0) : index;
  };
  const int64_t from = bound(start, 0);
  const Value slice = get_slice(work, text, start, stop, None{});  // refuses odd bounds
  return {*slice.get<Text>(), from, from <= std::min(bound(stop, size), size)};
}

enum class Find { first, last };

// The position of the argument in characters, or -1.
template <Find which>
int64_t position_of(Work& work, Text text, Arguments& arguments) {
  const Text part = arguments.text();
  const Window in = window(work, text, arguments);
  if (!in.exists) return -1;
  if (which == Find::last) work.spend_bytes(in.text.size() * (part.size() + 1));
  const size_t found = which == Find::last ? in.text.rfind(part) : find_text(work, in.text, part);
  if (found == Text::npos) return -1;
  return in.start + count_characters(in.text.substr(0, found));
}

template <Find which>
Value find_method(Work& work, Text text, Arguments& arguments) {
  return position_of<which>(work, text, arguments);
}

template <Find which>
Value index_method(Work& work, Text text, Arguments& arguments) {
  const int64_t position = position_of<which>(work, text, arguments);
  if (position < 0) arguments.fail("does not find the text");
  return position;
}

Value count(Work& work, Text text, Arguments& arguments) {
  const Text part = arguments.text();
  const Window in = window(work, text, arguments);
  if (!in.exists) return int64_t{0};
  if (part.empty()) return count_characters(in.text) + 1;
  int64_t times = 0;
  size_t at = find_text(work, in.text, part);
  for (; at != Text::npos; at = find_text(work, in.text, part, at + part.size())) ++times;
  return times;
}

template <bool at_end>
Value begins_or_ends(Work& work, Text text, Arguments& arguments) {
  const Value wanted = arguments.require();
  const Window in = window(work, text, arguments);
  const auto matches = [&](const Value& candidate) {
    const auto* part = candidate.get<Text>();
    if (part == nullptr) arguments.fail("got no text", "a text or a tuple of texts");
    work.spend_bytes(part->size());
    return in.exists && (at_end ? in.text.ends_with(*part) : in.text.starts_with(*part));
  };
  if (!wanted.is<Tuple>()) return matches(wanted);
  const auto candidates = iterate(work, wanted);
  return std::any_of(candidates.begin(), candidates.end(), matches);
}

// Making another text.

Value replace_method(Work& work, Text text, Arguments& arguments) {
  const Text old = arguments.text();
  const Text replacement = arguments.text();
  const auto most = arguments.next();
  arguments.finish();
  if (most && !integer_of(*most)) arguments.fail("got no number", "how many to replace");
  return work.keep(replace(work, text, old, replacement, most ? *integer_of(*most) : -1));
}

Value join(Work& work, Text text, Arguments& arguments) {
  const auto items = iterate(work, arguments.require());
  arguments.finish();
  std::string out;
  for (size_t i = 0; i < items.size(); ++i) {
    const auto* item = items[i].get<Text>();
    if (item == nullptr) arguments.fail(fmt::format("meets a {}", type_name(items[i])), "texts");
    if (i > 0) out += text;
    out += *item;
    work.require_size(out.size());
  }
  return work.keep(std::move(out));
}

template <Side side>
Value pad_method(Work& work, Text text, Arguments& arguments) {
  const int64_t width = arguments.integer();
  const auto fill = arguments.next();
  arguments.finish();
  const auto* with = fill ? fill->get<Text>() : nullptr;
  if (fill && (with == nullptr || count_characters(*with) != 1)) {
    arguments.fail("got no character to fill with");
  }
  return work.keep(pad(work, text, width, with != nullptr ? *with : " ", side));
}

Value zfill(Work& work, Text text, Arguments& arguments) {
  const int64_t width = arguments.integer();
  arguments.finish();
  return work.keep(fill_zeros(work, text, width));
}

template <bool at_end>
Value remove_affix(Work&, Text text, Arguments& arguments) {
  const Text part = arguments.text();
  arguments.finish();
  if (!(at_end ? text.ends_with(part) : text.starts_with(part))) return text;
  return at_end ? text.substr(0, text.size() - part.size()) : text.substr(part.size());
}

template <std::string (*map)(Text)>
Value map_method(Work& work, Text text, Arguments& arguments) {
  arguments.finish();
  work.spend_characters(text.size());
  return work.keep(map(text));
}

Value format_method(Work& work, Text text, Arguments& arguments) {
  return format_braces(work, text, arguments);
}

// Asking what it is made of.

bool is_alphanumeric(char32_t c) {
  return c != '_' && is_word(c);
}
bool is_decimal(char32_t c) {
  return decimal_value(c).has_value();
}

// Whether there are characters and all have the property.
template <bool (*property)(char32_t)>
Value all_method(Work& work, Text text, Arguments& arguments) {
  arguments.finish();
  work.spend_characters(text.size());
  const std::u32string all = to_characters(text);
  return !all.empty() && std::all_of(all.begin(), all.end(), property);
}

// Whether every cased letter is of one kind, and there is one.
template <bool (*wanted)(char32_t), bool (*other)(char32_t)>
Value case_method(Work& work, Text text, Arguments& arguments) {
  arguments.finish();
  work.spend_characters(text.size());
  const std::u32string all = to_characters(text);
  return std::any_of(all.begin(), all.end(), wanted) &&
         std::none_of(all.begin(), all.end(), other) &&
         std::none_of(all.begin(), all.end(), is_titlecase);
}

struct Method {
  Text name;
  Value (*call)(Work&, Text, Arguments&);
};

constexpr auto kMethods = std::to_array<Method>({
    {"strip", strip_method<Side::both>},
    {"lstrip", strip_method<Side::left>},
    {"rstrip", strip_method<Side::right>},
    {"split", split_method<false>},
    {"rsplit", split_method<true>},
    {"splitlines", splitlines},
    {"partition", partition<false>},
    {"rpartition", partition<true>},
    {"find", find_method<Find::first>},
    {"rfind", find_method<Find::last>},
    {"index", index_method<Find::first>},
    {"rindex", index_method<Find::last>},
    {"count", count},
    {"startswith", begins_or_ends<false>},
    {"endswith", begins_or_ends<true>},
    {"replace", replace_method},
    {"join", join},
    {"center", pad_method<Side::both>},
    {"ljust", pad_method<Side::left>},
    {"rjust", pad_method<Side::right>},
    {"zfill", zfill},
    {"removeprefix", remove_affix<false>},
    {"removesuffix", remove_affix<true>},
    {"lower", map_method<to_lower>},
    {"upper", map_method<to_upper>},
    {"title", map_method<to_title>},
    {"capitalize", map_method<to_capitalized>},
    {"format", format_method},
    {"isdigit", all_method<is_digit>},
    {"isdecimal", all_method<is_decimal>},
    {"isalpha", all_method<is_letter>},
    {"isalnum", all_method<is_alphanumeric>},
    {"isspace", all_method<is_space>},
    {"islower", case_method<is_lower, is_upper>},
    {"isupper", case_method<is_upper, is_lower>},
});

}  // namespace

std::optional<Value> call_text_method(Work& work, Text text, Text name, Arguments& arguments) {
  const auto method = std::find_if(kMethods.begin(), kMethods.end(),
                                   [&](const Method& known) { return known.name == name; });
  if (method == kMethods.end()) return std::nullopt;
  work.spend_bytes(text.size());
  return method->call(work, text, arguments);
}

}  // namespace e2lm::jinja
