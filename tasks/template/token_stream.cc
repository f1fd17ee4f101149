#include "tasks/template/token_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace e2lm::jinja {
namespace {

std::string describe(const Token& token) {
  switch (token.kind) {
    case Token::Kind::end:
      return "the template ends";
    case Token::Kind::string:
      return "a string stands here";
    case Token::Kind::text:
      return "text stands here";
    default:
      return fmt::format("'{}' stands here", token.text);
  }
}

bool is(const Token& token, std::string_view text) {
  return (token.kind == Token::Kind::sign || token.kind == Token::Kind::name) && token.text == text;
}

}  // namespace

const Token& TokenStream::peek_second() const {
  return tokens_[std::min(next_ + 1, tokens_.size() - 1)];
}

Token TokenStream::take() {
  if (next_ + 1 == tokens_.size()) return tokens_[next_];
  return std::move(tokens_[next_++]);
}

bool TokenStream::sees(std::string_view text) const {
  return is(peek(), text);
}

bool TokenStream::take_if(std::string_view text) {
  if (!sees(text)) return false;
  take();
  return true;
}

Token TokenStream::expect(std::string_view sign) {
  if (!sees(sign)) fail_unexpected(fmt::format("'{}'", sign));
  return take();
}

Token TokenStream::expect(Token::Kind kind, std::string_view expected) {
  if (!sees(kind)) fail_unexpected(expected);
  return take();
}

void TokenStream::fail(std::string_view what, std::string_view expected) const {
  source_.fail(peek().at, what, expected);
}

void TokenStream::fail_unexpected(std::string_view expected) const {
  fail(describe(peek()), expected);
}

}  // namespace e2lm::jinja
