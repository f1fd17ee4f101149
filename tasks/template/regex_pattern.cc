#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tasks/template/regex_replace.h"
#include "tasks/template/unicode.h"

namespace e2lm::jinja {
namespace {

// Python's \w and \s, as they stand inside of a class.
constexpr std::string_view kWord = R"(\p{L}\p{N}_)";
constexpr std::string_view kSpace =
    R"(\x{9}-\x{d}\x{1c}-\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a})"
    R"(\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";

// A character that stands for itself wherever it is put.
std::string literal(char32_t c) {
  return fmt::format("\\x{{{:x}}}", static_cast<uint32_t>(c));
}

class Translator {
 public:
  Translator(const Work& work, std::string_view pattern) : work_(work), rest_(pattern) {}

  std::string run() {
    while (!rest_.empty()) read_one();
    if (groups_.size() > 1) refuse("a group is not closed");
    return std::move(out_);
  }

 private:
  // What was read of a group so far.
  struct Group {
    bool may_be_empty = false;  // a branch, or the group it is in, could match nothing
    bool at_start = true;       // of a branch
    bool is_lookahead = false;
  };

  // Whether a repeat may follow what was read last.
  enum class Last { nothing, item, repeat };

  void read_one() {
    const char c = rest_[0];
    if (c == '\\') {
      read_escape();
    } else if (c == '[') {
      read_class();
    } else if (c == '(') {
      open_group();
    } else if (c == ')') {
      close_group();
    } else if (c == '|') {
      end_branch();
      emit("|", 1, Last::nothing);
      groups_.back().at_start = true;
    } else if (c == '^') {
      emit("\\A", 1, Last::nothing);
    } else if (c == '$') {
      emit("\\Z", 1, Last::nothing);
    } else if (c == '.') {
      emit(".", 1, Last::item);
    } else if (!read_repeat()) {
      size_t size = 0;
      const char32_t character = next_character(rest_, size);
      emit(literal(character), size, Last::item);
    }
  }

  void emit(std::string_view translated, size_t taken, Last last) {
    out_ += translated;
    rest_.remove_prefix(taken);
    last_ = last;
    group_may_be_empty_ = false;
    if (last == Last::item) groups_.back().at_start = false;
  }

  void read_escape() {
    const char c = rest_.size() > 1 ? rest_[1] : '\0';
    if (c == 'w' || c == 's') {
      emit(fmt::format("[{}]", c == 'w' ? kWord : kSpace), 2, Last::item);
    } else if (c == 'W' || c == 'S') {
      emit(fmt::format("[^{}]", c == 'W' ? kWord : kSpace), 2, Last::item);
    } else if (c == 'd' || c == 'D') {
      emit(rest_.substr(0, 2), 2, Last::item);
    } else if (c == 'b') {
      emit(fmt::format("(?:(?<=[{0}])(?![{0}])|(?<![{0}])(?=[{0}]))", kWord), 2, Last::nothing);
    } else if (c == 'A') {
      emit("\\A", 2, Last::nothing);
    } else if (c == 'Z') {
      emit("\\z", 2, Last::nothing);
    } else if (c >= '1' && c <= '9' && !(rest_.size() > 2 && is_ascii_digit(rest_[2]))) {
      groups_.back().may_be_empty = true;  // the group it repeats may have been empty
      emit(fmt::format("(?:\\{})", c), 2, Last::item);
      group_may_be_empty_ = true;
    } else {
      const auto [character, size] = escaped_literal();
      emit(literal(character), size, Last::item);
    }
  }

  static bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

  // The character that an escape stands for, and the bytes it takes.
  std::pair<char32_t, size_t> escaped_literal() const {
    static constexpr std::string_view kLetters = "abfnrtv";
    static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v";
    const char c = rest_.size() > 1 ? rest_[1] : '\0';
    const size_t known = kLetters.find(c);
    if (known != std::string_view::npos) return {static_cast<char32_t>(kMeanings[known]), 2};
    if (c == 'x' || c == 'u' || c == 'U') {
      const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
      const std::string_view hex = rest_.substr(2, digits);
      uint32_t code = 0;
      const auto end = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
      const bool complete = end.ptr == hex.data() + digits && hex.size() == digits;
      if (!complete || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
        refuse("an escape is broken");
      }
      return {code, 2 + digits};
    }
    const bool alphanumeric = is_ascii_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (alphanumeric || rest_.size() < 2) refuse("an escape is not supported");
    size_t size = 1;
    const char32_t character = next_character(rest_, size);
    return {character, size};
  }

  // [...], without the classes inside of classes that Oniguruma has.
  void read_class() {
    std::string translated = "[";
    rest_.remove_prefix(1);
    if (rest_.starts_with('^')) {
      translated += '^';
      rest_.remove_prefix(1);
    }
    for (bool first = true; first || !rest_.starts_with(']'); first = false) {
      if (rest_.empty()) refuse("a class is not closed");
      const auto low = read_class_item(translated);
      if (!rest_.starts_with('-') || rest_.substr(1, 1) == "]") continue;
      rest_.remove_prefix(1);
      const auto high = rest_.empty() ? std::nullopt : read_class_item(translated += '-');
      if (!low || !high || *low > *high) refuse("a range in a class is broken");
    }
    emit(translated + "]", 1, Last::item);
  }

  // Appends an item of a class; its character, or none when it is a class of its own.
  std::optional<char32_t> read_class_item(std::string& translated) {
    const std::string_view two = rest_.substr(0, 2);
    if (two == "\\w" || two == "\\s" || two == "\\d") {
      translated += two == "\\w" ? kWord : two == "\\s" ? kSpace : two;
      rest_.remove_prefix(2);
      return std::nullopt;
    }
    size_t size = 0;
    char32_t character = 0;
    if (rest_[0] == '\\') {
      std::tie(character, size) = escaped_literal();
    } else {
      character = next_character(rest_, size);
    }
    rest_.remove_prefix(size);
    translated += literal(character);
    return character;
  }

  void open_group() {
    std::string_view opening = "(";
    for (const std::string_view kind : {"(?:", "(?=", "(?!"}) {
      if (rest_.starts_with(kind)) opening = kind;
    }
    if (opening.size() == 1 && rest_.starts_with("(?")) refuse("a group is not supported");
    emit(opening, opening.size(), Last::nothing);
    groups_.push_back({.is_lookahead = opening == "(?=" || opening == "(?!"});
  }

  void close_group() {
    if (groups_.size() == 1) refuse("a group is closed that was not opened");
    end_branch();
    const Group group = groups_.back();
    groups_.pop_back();
    emit(")", 1, group.is_lookahead ? Last::nothing : Last::item);
    groups_.back().may_be_empty |= group.may_be_empty || group.is_lookahead;
    group_may_be_empty_ = group.may_be_empty;
  }

  void end_branch() { groups_.back().may_be_empty |= groups_.back().at_start; }

  // Translates * + ? {2} {2,} {,3} {2,3}, each perhaps with a ? for the shortest match.
  bool read_repeat() {
    const size_t size = repeat_size();
    if (size == 0) return false;
    if (last_ != Last::item) refuse("a repeat follows nothing to repeat");
    if (group_may_be_empty_) refuse("a repeat of what may be empty is not supported");
    const std::string_view written = rest_.substr(0, size);
    std::string translated =
        written.starts_with("{,") ? fmt::format("{{0{}", written.substr(1)) : std::string(written);
    size_t taken = size;
    if (rest_.substr(size).starts_with('?')) {
      ++taken;
      if (translated.find_first_of("*+?,") != std::string::npos) translated += '?';
    } else if (rest_.substr(size).starts_with('+')) {
      refuse("a possessive repeat is not supported");
    }
    emit(translated, taken, Last::repeat);
    groups_.back().may_be_empty = true;  // no repeat inside of a repeat
    return true;
  }

  size_t repeat_size() const {
    if (rest_[0] == '*' || rest_[0] == '+' || rest_[0] == '?') return 1;
    if (rest_[0] != '{') return 0;
    const size_t close = rest_.find('}');
    if (close == std::string_view::npos || close < 2) return 0;
    const std::string_view bounds = rest_.substr(1, close - 1);
    const bool digits = bounds.find_first_not_of("0123456789,") == std::string_view::npos;
    const bool comma_once = std::count(bounds.begin(), bounds.end(), ',') <= 1;
    return digits && comma_once ? close + 1 : 0;
  }

  [[noreturn]] void refuse(std::string_view what) const {
    work_.fail(fmt::format("in a regular expression, {}", what));
  }

  const Work& work_;
  std::string_view rest_;
  std::string out_;
  std::vector<Group> groups_ = {{}};
  Last last_ = Last::nothing;
  bool group_may_be_empty_ = false;  // of the group that was closed last, if nothing came since
};

}  // namespace

std::string translate_pattern(const Work& work, std::string_view pattern) {
  return Translator(work, pattern).run();
}

}  // namespace e2lm::jinja
