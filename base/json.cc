#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <set>
#include <vector>

#include "base/error.h"

namespace e2lm {
namespace {

constexpr int kMaxDepth = 100;
constexpr size_t kMaxKeys = 20'000;  // of an object in order, which is searched from its beginning

// "where:line:column" of byte `offset` in a text whose first line has the number `first_line`.
std::string locate(std::string_view text, size_t offset, std::string_view where,
                   int64_t first_line) {
  const auto before = text.substr(0, std::min(offset, text.size()));
  const auto line = first_line + std::count(before.begin(), before.end(), '\n');
  const auto column = before.size() - (before.rfind('\n') + 1);
  return fmt::format("{}:{}:{}", where, line, std::max<size_t>(column, 1));
}

// nlohmann's messages open with an exception number and a position we print ourselves.
std::string plain_reason(std::string_view what) {
  for (std::string_view lead : {"column ", "] "}) {
    const size_t at = what.find(lead);
    if (at == std::string_view::npos) continue;
    what.remove_prefix(at + lead.size());
    if (const size_t colon = what.find(": "); lead == "column ") what.remove_prefix(colon + 2);
    break;
  }
  return std::string(what);
}

// Refuses what the grammar allows but a reader must not accept: repeated keys, deep nesting.
template <typename J>
class Guard {
 public:
  explicit Guard(std::string_view where) : where_(where) {}

  bool operator()(int depth, typename J::parse_event_t event, const J& value) {
    using Event = typename J::parse_event_t;
    if (depth > kMaxDepth) {
      throw Error(where_, fmt::format("is nested deeper than {} levels", kMaxDepth));
    }
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::object_end) keys_.pop_back();
    if (std::is_same_v<J, Json> && event == Event::key && keys_.back().size() == kMaxKeys) {
      throw Error(where_, fmt::format("has an object of more than {} keys", kMaxKeys));
    }
    if (event == Event::key && !keys_.back().insert(value.template get<std::string>()).second) {
      throw Error(where_, fmt::format("has the key '{}' twice", value.template get<std::string>()));
    }
    return true;
  }

 private:
  std::string_view where_;
  std::vector<std::set<std::string>> keys_;
};

// `line` is given for a text that is one line of a file.
template <typename J>
J parse(std::string_view text, std::string_view where, std::optional<int64_t> line = {}) {
  const std::string place = line ? fmt::format("{}:{}", where, *line) : std::string(where);
  try {
    Guard<J> guard(place);
    return J::parse(
        text, [&guard](int depth, auto event, J& value) { return guard(depth, event, value); });
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(locate(text, error.byte, where, line.value_or(1)),
                "is not valid JSON: " + plain_reason(error.what()));
  } catch (const nlohmann::json::exception& error) {
    throw Error(place, "is not valid JSON: " + plain_reason(error.what()));
  }
}

// The length of the number that opens `text`, 0 when there is none.
size_t number_length(std::string_view text) {
  const size_t end = text.find_first_not_of("+-.0123456789eE");
  const bool starts = !text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'));
  return starts ? std::min(end, text.size()) : 0;
}

std::string non_finite(std::string_view name) {
  return fmt::format(R"({{"__float__":"{}"}})", name);
}

// Rewrites the numbers that JSON has not; strings pass unchanged.
std::string rewrite_non_finite(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    size_t taken = 1;
    std::string_view replacement;
    std::string made;
    if (text[i] == '"') {
      while (taken < rest.size() && rest[taken] != '"') taken += rest[taken] == '\\' ? 2 : 1;
      taken = std::min(taken + 1, rest.size());
    } else if (rest.starts_with("-Infinity") || rest.starts_with("Infinity") ||
               rest.starts_with("NaN")) {
      taken = rest[0] == '-' ? 9 : rest[0] == 'I' ? 8 : 3;
      replacement = made = non_finite(rest.substr(0, taken));
    } else if (const size_t length = number_length(rest)) {
      taken = length;
      const double value = std::strtod(std::string(rest.substr(0, length)).c_str(), nullptr);
      if (std::isinf(value)) replacement = made = non_finite(value > 0 ? "Infinity" : "-Infinity");
    }
    out += replacement.empty() ? rest.substr(0, taken) : replacement;
    i += taken;
  }
  return out;
}

}  // namespace

Json parse_json(std::string_view text, std::string_view where) {
  return parse<Json>(text, where);
}

Json parse_json(std::string_view text, std::string_view where, int64_t line) {
  return parse<Json>(text, where, line);
}

SortedJson parse_sorted_json(std::string_view text, std::string_view where) {
  return parse<SortedJson>(text, where);
}

Json parse_python_json(std::string_view text, std::string_view where) {
  return parse_json(rewrite_non_finite(text), where);
}

Json parse_python_json(std::string_view text, std::string_view where, int64_t line) {
  return parse_json(rewrite_non_finite(text), where, line);
}

void for_each_json_line(const Path& path, const std::function<void(int64_t, Json)>& row) {
  if (!std::filesystem::exists(path)) throw Error(path.string(), "no such file");
  if (std::filesystem::is_directory(path)) throw Error(path.string(), "is a folder", "a file");
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(path.string(), "cannot open: " + std::string(std::strerror(errno)));
  std::string line;
  for (int64_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    row(number, parse<Json>(line, path.string(), number));
  }
}

int64_t count_characters(std::string_view utf8) {
  return std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

}  // namespace e2lm
