#pragma once

#include <string_view>
#include <vector>

#include "tasks/template/lexer.h"
#include "tasks/template/source.h"

namespace e2lm::jinja {

// The tokens of a template, read one after the other.
class TokenStream {
 public:
  explicit TokenStream(const Source& source) : source_(source), tokens_(tokenize(source)) {}

  const Token& peek() const { return tokens_[next_]; }
  const Token& peek_second() const;
  Token take();  // the token at the end is handed out again and again

  // Whether the next token is that sign or name.
  bool sees(std::string_view text) const;
  bool sees(Token::Kind kind) const { return peek().kind == kind; }

  bool take_if(std::string_view text);
  Token expect(std::string_view sign);
  Token expect(Token::Kind kind, std::string_view expected);

  // Fails at the next token.
  [[noreturn]] void fail(std::string_view what, std::string_view expected = {}) const;
  [[noreturn]] void fail_unexpected(std::string_view expected) const;
  [[noreturn]] void fail_at(size_t at, std::string_view what,
                            std::string_view expected = {}) const {
    source_.fail(at, what, expected);
  }

 private:
  const Source& source_;
  std::vector<Token> tokens_;
  size_t next_ = 0;
};

}  // namespace e2lm::jinja
