#include "tasks/template/python_literal.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "tasks/template/number_token.h"
#include "tasks/template/string_escapes.h"
#include "tasks/template/unicode.h"

namespace e2lm::jinja {
namespace {

class LiteralReader {
 public:
  explicit LiteralReader(const Source& source) : source_(source), text_(source.text) {}

  Json read() {
    const size_t null = text_.find('\0');
    if (null != std::string_view::npos) source_.fail(null, "a null character stands here");
    skip_first_blank();
    Json value = read_tuple();
    skip_blank(true);
    if (at_ < text_.size()) fail("something follows the value", "the end");
    const size_t last = text_.find_last_not_of(" \t");
    if (last + 1 < text_.size() && text_[last] == '\n') fail("the last line is only indented");
    return value;
  }

 private:
  static constexpr int kMaxDepth = 100;  // as of JSON

  std::string_view rest() const { return text_.substr(at_); }
  bool sees(std::string_view text) const { return rest().starts_with(text); }

  bool take_if(std::string_view text) {
    if (!sees(text)) return false;
    at_ += text.size();
    return true;
  }

  [[noreturn]] void fail(std::string_view what, std::string_view expected = {}) const {
    source_.fail(at_, what, expected);
  }

  // Blanks; with `lines`, as inside of brackets, line breaks and comments too. What Python has
  // besides (form feeds, a line that goes on after a backslash) is read inside of brackets only.
  void skip_blank(bool lines) {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || (brackets_ > 0 && c == '\f') || (lines && c == '\n')) {
        ++at_;
      } else if (brackets_ > 0 && sees("\\\n")) {
        at_ += 2;
      } else if (lines && c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        return;
      }
    }
  }
  void skip_blank() { skip_blank(brackets_ > 0); }

  void open_bracket() {
    if (++brackets_ > kMaxDepth) fail(fmt::format("is nested deeper than {} levels", kMaxDepth));
    ++at_;
    skip_blank();
  }

  // Whether the bracket that is open closes here, if so taking it.
  bool close_bracket(std::string_view close) {
    if (!take_if(close)) return false;
    --brackets_;
    return true;
  }

  // literal_eval() forgives blanks before the value, but not on a line that is not the first.
  void skip_first_blank() {
    skip_blank(true);
    if (at_ == 0 || at_ == text_.size()) return;
    const size_t line = text_.rfind('\n', at_ - 1);
    if (line != std::string_view::npos && line + 1 < at_) fail("the line is indented");
  }

  // One value, or several with commas between: a tuple. Ends at a bracket, or else with the line.
  Json read_tuple() {
    Json first = read_value();
    skip_blank();
    if (!sees(",")) return first;
    Json items = Json::array();
    items.push_back(std::move(first));
    while (take_if(",")) {
      skip_blank();
      if (at_ == text_.size() || sees(")") || sees("\n") || sees("#")) break;
      items.push_back(read_value());
      skip_blank();
    }
    return items;
  }

  Json read_value() {
    if (at_ == text_.size()) fail("a value is missing", "a Python literal");
    const char c = text_[at_];
    if (c == '[') return read_list();
    if (c == '(') return read_parentheses();
    if (c == '{') return read_dict();
    if (c == '+' || c == '-') return read_signed();
    if (starts_number(c)) return read_number();
    if (string_prefix_size() != std::string_view::npos) return read_strings();
    return read_word();
  }

  Json read_list() {
    Json list = Json::array();
    open_bracket();
    while (!close_bracket("]")) {
      list.push_back(read_value());
      skip_blank();
      if (!take_if(",") && !sees("]")) fail("a list is not closed here", "',' or ']'");
      skip_blank();
    }
    return list;
  }

  Json read_parentheses() {
    open_bracket();
    if (close_bracket(")")) return Json::array();
    Json value = read_tuple();
    if (!close_bracket(")")) fail("a bracket is not closed here", "',' or ')'");
    return value;
  }

  Json read_dict() {
    Json dict = Json::object();
    open_bracket();
    while (!close_bracket("}")) {
      const size_t start = at_;
      const Json key = read_value();
      skip_blank();
      if (!take_if(":")) fail("a set, or a key without a value, is not supported", "':'");
      if (!key.is_string()) source_.fail(start, "a key is no text", "a string");
      skip_blank();
      dict[key.get<std::string>()] = read_value();
      skip_blank();
      if (!take_if(",") && !sees("}")) fail("a dictionary is not closed here", "',' or '}'");
      skip_blank();
    }
    return dict;
  }

  static bool starts_number(char c) { return (c >= '0' && c <= '9') || c == '.'; }

  // A sign stands before a number only, and once.
  Json read_signed() {
    const bool minus = text_[at_++] == '-';
    skip_blank();
    if (at_ == text_.size() || !starts_number(text_[at_])) {
      fail("a sign stands before no number", "a number");
    }
    const Json number = read_number();
    if (!minus) return number;
    if (number.is_number_float()) return -number.get<double>();
    return -number.get<int64_t>();
  }

  Json read_number() {
    const NumberToken number = number_token(rest(), NumberStyle::python);
    const size_t end = at_ + number.size;
    size_t next = end;
    const char32_t after = end < text_.size() ? next_character(text_, next) : U' ';
    if (number.size == 0 || continues_name(after) || after == '.') fail("is no Python number");
    if (number.is_too_large) fail("an integer passes 64 bits");
    at_ = end;
    return number.is_real ? Json(number.real) : Json(number.integer);
  }

  // Letters before the quote that opens a string here; npos when there is none.
  size_t string_prefix_size() const {
    const size_t quote = rest().find_first_of("'\"");
    if (quote > 2) return std::string_view::npos;
    const bool letters =
        rest().substr(0, quote).find_first_not_of("rRuUbBfF") == std::string_view::npos;
    return letters ? quote : std::string_view::npos;
  }

  // Strings side by side are one.
  std::string read_strings() {
    std::string text = read_string();
    while (true) {
      skip_blank();
      if (string_prefix_size() == std::string_view::npos) return text;
      text += read_string();
    }
  }

  std::string read_string() {
    const std::string_view prefix = rest().substr(0, string_prefix_size());
    const bool raw = prefix == "r" || prefix == "R";
    if (!raw && !prefix.empty() && prefix != "u" && prefix != "U") {
      fail(fmt::format("strings with '{}' before them are not supported", prefix), "a plain one");
    }
    const size_t opening = at_;
    at_ += prefix.size();
    const char quote = text_[at_];
    const std::string triple(3, quote);
    const std::string_view close = sees(triple) ? std::string_view(triple) : text_.substr(at_, 1);
    at_ += close.size();
    const size_t start = at_;
    while (!sees(close)) {
      const bool line_ends = close.size() == 1 && sees("\n");
      at_ += sees("\\") ? 2 : 1;
      if (at_ >= text_.size() || line_ends) source_.fail(opening, "a string is not closed", close);
    }
    const std::string_view written = text_.substr(start, at_ - start);
    at_ += close.size();
    return raw ? std::string(written) : decode_escapes(source_, start, written);
  }

  Json read_word() {
    size_t end = at_;
    while (end < text_.size()) {
      size_t next = end;
      if (!continues_name(next_character(text_, next))) break;
      end = next;
    }
    const std::string_view word = text_.substr(at_, end - at_);
    if (word != "None" && word != "True" && word != "False") {
      fail(word.empty() ? "is no Python literal" : fmt::format("'{}' is no Python literal", word),
           "a string, a number, a list, a tuple, a dictionary, True, False or None");
    }
    at_ = end;
    return word == "None" ? Json() : Json(word == "True");
  }

  const Source& source_;
  std::string_view text_;
  size_t at_ = 0;
  int brackets_ = 0;  // open ones
};

}  // namespace

Json read_literal(const Source& source) {
  return LiteralReader(source).read();
}

}  // namespace e2lm::jinja
