#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/json.h"
#include "tasks/template/filters.h"
#include "tasks/template/format.h"
#include "tasks/template/markup.h"
#include "tasks/template/python_text.h"
#include "tasks/template/regex_replace.h"
#include "tasks/template/text_functions.h"
#include "tasks/template/unicode.h"

namespace e2lm::jinja {
namespace {

using Text = std::string_view;

// These take any value and work on its str().

Value string(Work& work, const Value& value, Arguments& arguments) {
  arguments.finish();
  return str(work, value);
}

template <std::string (*map)(Text)>
Value mapped(Work& work, const Value& value, Arguments& arguments) {
  arguments.finish();
  const Text text = str(work, value);
  work.spend_characters(text.size());
  return work.keep(map(text));
}

bool starts_word_after(char32_t c) {
  return is_space(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
}

std::string title_words(Text text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t start = at;
    const bool between = starts_word_after(next_character(text, at));
    const size_t after_first = at;
    for (size_t next = at; at < text.size(); at = next) {
      if (starts_word_after(next_character(text, next)) != between) break;
    }
    out += to_upper(text.substr(start, after_first - start));
    out += to_lower(text.substr(after_first, at - after_first));
  }
  return out;
}

Value trim(Work& work, const Value& value, Arguments& arguments) {
  const Value given = arguments.next("chars").value_or(None{});
  arguments.finish();
  const Text text = str(work, value);
  work.spend_bytes(text.size());
  if (given.is<None>()) return strip(text, {}, Side::both);
  const auto* characters = given.get<Text>();
  if (characters == nullptr) arguments.fail("got no text", "the characters to remove");
  return strip(text, *characters, Side::both);
}

Value replace_filter(Work& work, const Value& value, Arguments& arguments) {
  const Value old = arguments.require("old");
  const Value replacement = arguments.require("new");
  const Value most = arguments.next("count").value_or(None{});
  arguments.finish();
  if (!most.is<None>() && !integer_of(most)) arguments.fail("got no number", "a count");
  return work.keep(replace(work, str(work, value), str(work, old), str(work, replacement),
                           integer_of(most).value_or(-1)));
}

Value center(Work& work, const Value& value, Arguments& arguments) {
  const int64_t width = arguments.integer("width", 80);
  arguments.finish();
  return work.keep(pad(work, str(work, value), width, " ", Side::both));
}

Value wordcount(Work& work, const Value& value, Arguments& arguments) {
  arguments.finish();
  const Text text = str(work, value);
  work.spend_characters(text.size());
  int64_t words = 0;
  bool inside = false;
  for (size_t at = 0; at < text.size();) {
    const bool was_inside = std::exchange(inside, is_word(next_character(text, at)));
    if (inside && !was_inside) ++words;
  }
  return words;
}

// These take a text only.

Text require_text(const Work& work, const Value& value, const Arguments& arguments) {
  require_defined(work, value);
  const auto* text = value.get<Text>();
  if (text == nullptr) arguments.fail(fmt::format("got a {}", type_name(value)), "a text");
  return *text;
}

Value indent(Work& work, const Value& value, Arguments& arguments) {
  const Value width = arguments.next("width").value_or(int64_t{4});
  const bool first_too = arguments.flag("first", false);
  const bool blank_too = arguments.flag("blank", false);
  arguments.finish();
  const Text text = require_text(work, value, arguments);
  const auto* given = width.get<Text>();
  if (given == nullptr && !integer_of(width)) arguments.fail("got no width", "a number or a text");
  const std::string indention =
      given != nullptr ? std::string(*given) : pad(work, "", *integer_of(width), " ", Side::left);
  std::string out = first_too ? indention : "";
  bool is_first = true;
  const std::string ended = std::string(text) + '\n';  // so that a final break begins a line
  for (const Text line : split_lines(ended, false)) {
    if (!std::exchange(is_first, false)) {
      out += '\n';
      if (blank_too || !line.empty()) out += indention;
    }
    out += line;
    work.spend(1);
    work.require_size(out.size());
  }
  return work.keep(std::move(out));
}

Value truncate(Work& work, const Value& value, Arguments& arguments) {
  const int64_t length = arguments.integer("length", 255);
  const bool cut_words = arguments.flag("killwords", false);
  const Text end = arguments.text("end", "...");
  const Value given = arguments.next("leeway").value_or(None{});
  arguments.finish();
  const int64_t leeway = given.is<None>() ? 5 : integer_of(given).value_or(-1);
  const Text text = require_text(work, value, arguments);
  const int64_t kept = length - count_characters(end);
  if (length < 0 || kept < 0 || leeway < 0) arguments.fail("got an odd length");
  work.spend_bytes(text.size());
  if (count_characters(text) - leeway <= length) return text;
  const Text head = text.substr(0, character_offset(text, static_cast<size_t>(kept)));
  const size_t space = cut_words ? Text::npos : head.rfind(' ');
  return work.keep(std::string(head.substr(0, space)).append(end));
}

Value format(Work& work, const Value& value, Arguments& arguments) {
  const Items positional = work.keep(arguments.take_rest());
  std::vector<Dict::Entry> named;
  for (const auto& given : arguments.take_named()) named.emplace_back(given.name, given.value);
  if (positional.size() > 0 && !named.empty()) arguments.fail("got positions and names");
  const Value values =
      named.empty() ? Value(Tuple{positional}) : Value(work.keep(std::move(named)));
  return format_percent(work, str(work, value), values);
}

Value escape(Work& work, const Value& value, Arguments& arguments) {
  arguments.finish();
  return work.keep(escape_html(str(work, value)));
}

Value tojson(Work& work, const Value& value, Arguments& arguments) {
  arguments.finish();
  return work.keep(html_safe_json(work, value));
}

Value regex_replace_filter(Work& work, const Value& value, Arguments& arguments) {
  const Text pattern = arguments.text("pattern");
  const Text replacement = arguments.text("repl");
  const int64_t most = arguments.integer("count", 0);
  arguments.finish();
  const Text text = require_text(work, value, arguments);
  return work.keep(regex_replace(work, text, pattern, replacement, most));
}

constexpr auto kFilters = std::to_array<Filter>({
    {"capitalize", mapped<to_capitalized>},
    {"center", center},
    {"e", escape, true},
    {"escape", escape, true},
    {"format", format},
    {"indent", indent},
    {"lower", mapped<to_lower>},
    {"regex_replace", regex_replace_filter},
    {"replace", replace_filter},
    {"string", string},
    {"title", mapped<title_words>},
    {"tojson", tojson, true},
    {"trim", trim},
    {"truncate", truncate},
    {"upper", mapped<to_upper>},
    {"wordcount", wordcount},
});

}  // namespace

std::span<const Filter> text_filters() {
  return kFilters;
}

}  // namespace e2lm::jinja
