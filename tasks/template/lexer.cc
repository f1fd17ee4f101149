#include "tasks/template/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "tasks/template/number_token.h"
#include "tasks/template/string_escapes.h"
#include "tasks/template/text_functions.h"
#include "tasks/template/unicode.h"

namespace e2lm::jinja {
namespace {

class Lexer {
 public:
  explicit Lexer(const Source& source) : source_(source), text_(source.text) {}

  std::vector<Token> run() {
    while (at_ < text_.size()) {
      const size_t tag = find_tag(at_);
      const char kind = tag < text_.size() ? text_[tag + 1] : '\0';
      const char control = character(tag + 2);  // {{- strips the text before
      add_text(text_.substr(at_, tag - at_), control == '-');
      if (kind == '\0') break;
      at_ = tag + (control == '-' || control == '+' ? 3 : 2);
      if (kind == '#') {
        skip_comment(tag);
      } else if (const auto body = kind == '%' ? tag_end(tag, "raw") : std::nullopt) {
        at_ = *body;
        read_raw(tag);
      } else {
        read_tag(tag, kind);
      }
    }
    add(Token::Kind::end, text_.size());
    return std::move(tokens_);
  }

 private:
  // Text and the borders of tags.

  char character(size_t at) const { return at < text_.size() ? text_[at] : '\0'; }
  std::string_view rest() const { return text_.substr(at_); }

  // Where the next {{, {% or {# stands, or the end.
  size_t find_tag(size_t from) const {
    for (size_t at = text_.find('{', from); at != std::string_view::npos;
         at = text_.find('{', at + 1)) {
      const char next = character(at + 1);
      if (next == '{' || next == '%' || next == '#') return at;
    }
    return text_.size();
  }

  void add_text(std::string_view text, bool strip_end) {
    if (strip_end) text = strip(text, {}, Side::right);
    if (!text.empty()) add(Token::Kind::text, at_, std::string(text));
  }

  Token& add(Token::Kind kind, size_t at, std::string text = {}) {
    return tokens_.emplace_back(Token{.kind = kind, .at = at, .text = std::move(text)});
  }

  void skip_space() { at_ = text_.size() - strip(rest(), {}, Side::left).size(); }

  void skip_comment(size_t start) {
    const size_t close = text_.find("#}", at_);
    if (close == std::string_view::npos) source_.fail(start, "a comment is not closed", "#}");
    const bool strips = close > at_ && text_[close - 1] == '-';
    at_ = close + 2;
    if (strips) skip_space();
  }

  // The byte after the tag {% name %} that starts at `tag`; none when another tag stands there.
  // `plus` says whether it may end in +%}, which jinja2 allows for some.
  std::optional<size_t> tag_end(size_t tag, std::string_view name, bool plus = false) {
    const size_t kept = at_;
    at_ = tag + 2;
    if (rest().starts_with('-') || rest().starts_with('+')) ++at_;
    skip_space();
    const bool named = rest().starts_with(name);
    if (named) at_ += name.size();
    skip_space();
    const bool strips = rest().starts_with("-%}");
    const bool closes = strips || rest().starts_with("%}") || (plus && rest().starts_with("+%}"));
    at_ += rest().starts_with("%}") ? 2 : 3;
    if (named && strips) skip_space();
    const size_t end = std::exchange(at_, kept);
    return named && closes ? std::optional(end) : std::nullopt;
  }

  // The text up to {% endraw %}, whatever it looks like.
  void read_raw(size_t start) {
    for (size_t tag = text_.find("{%", at_); tag != std::string_view::npos;
         tag = text_.find("{%", tag + 1)) {
      const auto end = tag_end(tag, "endraw", true);
      if (!end) continue;
      add_text(text_.substr(at_, tag - at_), character(tag + 2) == '-');
      at_ = *end;
      return;
    }
    source_.fail(start, "a raw block is not closed", "{% endraw %}");
  }

  // The inside of {{ ... }} and {% ... %}.

  void read_tag(size_t start, char kind) {
    const bool prints = kind == '{';
    add(prints ? Token::Kind::print_begin : Token::Kind::block_begin, start, prints ? "{{" : "{%");
    brackets_.clear();
    while (true) {
      skip_space();
      if (at_ == text_.size()) {
        source_.fail(start, "a tag is not closed", prints ? "}}" : "%}");
      }
      // Inside of brackets, }} closes two of them.
      if (brackets_.empty() && read_tag_end(prints)) return;
      read_token();
    }
  }

  bool read_tag_end(bool prints) {
    const std::string_view close = prints ? "}}" : "%}";
    const bool controls = rest().starts_with('-') || (!prints && rest().starts_with('+'));
    const size_t start = at_;
    if (!rest().substr(controls ? 1 : 0).starts_with(close)) return false;
    at_ += controls ? 3 : 2;
    if (text_[start] == '-') skip_space();
    add(prints ? Token::Kind::print_end : Token::Kind::block_end, start, std::string(close));
    return true;
  }

  void read_token() {
    const char c = text_[at_];
    if (c >= '0' && c <= '9') {
      read_number();
    } else if (c == '\'' || c == '"') {
      read_string();
    } else if (!read_name()) {
      read_sign();
    }
  }

  void read_number() {
    const bool after_dot = at_ > 0 && text_[at_ - 1] == '.';  // x.0.1 has two positions
    const NumberToken number =
        number_token(rest(), after_dot ? NumberStyle::integers : NumberStyle::jinja);
    Token& token = add(number.is_real ? Token::Kind::real : Token::Kind::integer, at_,
                       std::string(rest().substr(0, number.size)));
    if (number.is_too_large) source_.fail(at_, "an integer passes 64 bits");
    token.integer = number.integer;
    token.real = number.real;
    at_ += number.size;
  }

  void read_string() {
    const size_t start = at_;
    const char quote = text_[at_++];
    while (character(at_) != quote) {
      at_ += character(at_) == '\\' ? 2 : 1;
      if (at_ >= text_.size()) source_.fail(start, "a string is not closed", {&quote, 1});
    }
    const std::string_view raw = text_.substr(start + 1, at_ - start - 1);
    refuse_odd_escape(start + 1, raw);
    add(Token::Kind::string, start, decode_escapes(source_, start + 1, raw));
    ++at_;
  }

  // jinja2 turns a backslash and an é after it into the text \xe9; nobody means that.
  void refuse_odd_escape(size_t start, std::string_view raw) const {
    for (size_t i = 0; i + 1 < raw.size(); ++i) {
      if (raw[i] != '\\') continue;
      ++i;
      if (static_cast<unsigned char>(raw[i]) >= 0x80) {
        source_.fail(start + i - 1, "a backslash stands before a character that is not ASCII",
                     "two backslashes");
      }
    }
  }

  bool read_name() {
    size_t end = at_;
    if (!starts_name(next_character(text_, end))) return false;
    for (size_t next = end; next < text_.size(); end = next) {
      if (!continues_name(next_character(text_, next))) break;
    }
    add(Token::Kind::name, at_, std::string(text_.substr(at_, end - at_)));
    at_ = end;
    return true;
  }

  void read_sign() {
    static constexpr std::string_view kSigns[] = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/",
                                                  "*",  "%",  "~",  "[",  "]",  "(",  ")", "{", "}",
                                                  ">",  "<",  "=",  ".",  ":",  "|",  ",", ";"};
    for (const std::string_view sign : kSigns) {
      if (!rest().starts_with(sign)) continue;
      if (sign.size() == 1) match_bracket(sign[0]);
      add(Token::Kind::sign, at_, std::string(sign));
      at_ += sign.size();
      return;
    }
    size_t end = at_;
    next_character(text_, end);
    source_.fail(at_, fmt::format("'{}' means nothing here", text_.substr(at_, end - at_)));
  }

  void match_bracket(char sign) {
    static constexpr std::string_view kOpen = "([{";
    static constexpr std::string_view kClose = ")]}";
    if (const size_t open = kOpen.find(sign); open != std::string_view::npos) {
      brackets_ += kClose[open];
    } else if (kClose.find(sign) != std::string_view::npos) {
      if (brackets_.empty()) source_.fail(at_, fmt::format("'{}' closes nothing", sign));
      if (brackets_.back() != sign) {
        source_.fail(at_, fmt::format("'{}' closes another bracket", sign),
                     fmt::format("'{}'", brackets_.back()));
      }
      brackets_.pop_back();
    }
  }

  const Source& source_;
  std::string_view text_;
  size_t at_ = 0;
  std::string brackets_;  // those to be closed, innermost last
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(const Source& source) {
  return Lexer(source).run();
}

}  // namespace e2lm::jinja
