#include "tasks/template/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "tasks/template/expression_parser.h"
#include "tasks/template/scopes.h"
#include "tasks/template/token_stream.h"

namespace e2lm::jinja {
namespace {

using Kind = Statement::Kind;
using Names = std::initializer_list<std::string_view>;

class StatementParser {
 public:
  explicit StatementParser(const Source& source) : tokens_(source), expressions_(tokens_) {}

  Statement::Body run() { return parse_body({}); }

 private:
  // Everything up to a tag with one of the names in `ends`, whose beginning is taken; up to the end
  // of the template where there are none.
  Statement::Body parse_body(Names ends) {
    const ExpressionParser::Level level(expressions_);
    Statement::Body body;
    while (!tokens_.sees(Token::Kind::end)) {
      if (tokens_.sees(Token::Kind::text)) {
        Token text = tokens_.take();
        body.push_back({.kind = Kind::text, .at = text.at, .text = std::move(text.text)});
      } else if (tokens_.sees(Token::Kind::print_begin)) {
        body.push_back(parse_print());
      } else {
        tokens_.expect(Token::Kind::block_begin, "a tag");
        const auto ended = [&](std::string_view end) { return tokens_.sees(end); };
        if (std::any_of(ends.begin(), ends.end(), ended)) return body;
        body.push_back(parse_tag());
        close_tag();
      }
    }
    if (ends.size() > 0) {
      tokens_.fail("the template ends inside of a block", fmt::format("{{% {} %}}", *ends.begin()));
    }
    return body;
  }

  Statement parse_print() {
    Statement print{.kind = Kind::print, .at = tokens_.take().at};
    print.expressions.push_back(expressions_.parse_printed());
    tokens_.expect(Token::Kind::print_end, "'}}' or an operator");
    return print;
  }

  void close_tag() { tokens_.expect(Token::Kind::block_end, "'%}'"); }

  // The body after the head of a tag, which jinja2 lets end in a colon.
  Statement::Body parse_block(Names ends) {
    tokens_.take_if(":");
    close_tag();
    return parse_body(ends);
  }

  Statement parse_tag() {
    const Token name = tokens_.expect(Token::Kind::name, "the name of a tag");
    if (name.text == "if") return parse_if(name.at);
    if (name.text == "for") return parse_for(name.at);
    if (name.text == "set") return parse_set(name.at);
    if (name.text == "with") return parse_with(name.at);
    static const std::vector<std::string> kTags = {"if",   "elif",    "else", "endif",
                                                   "for",  "endfor",  "set",  "endset",
                                                   "with", "endwith", "raw",  "endraw"};
    const std::string near = nearest(name.text, kTags);
    tokens_.fail_at(name.at, fmt::format("the tag '{}' is not known here", name.text),
                    near.empty() || near == name.text ? "if, for, set, with or raw" : near);
  }

  Statement parse_if(size_t at) {
    Statement choose{.kind = Kind::choose, .at = at};
    do {
      choose.expressions.push_back(expressions_.parse_condition());
      choose.bodies.push_back(parse_block({"endif", "elif", "else"}));
    } while (tokens_.take_if("elif"));
    if (tokens_.take_if("else")) choose.bodies.push_back(parse_block({"endif"}));
    tokens_.expect("endif");
    return choose;
  }

  Statement parse_for(size_t at) {
    Statement loop{.kind = Kind::loop, .at = at};
    loop.names = parse_targets();
    tokens_.expect("in");
    loop.expressions.push_back(expressions_.parse_condition());
    if (tokens_.take_if("if")) loop.expressions.push_back(expressions_.parse_value());
    if (tokens_.sees("recursive")) tokens_.fail("a recursive loop is not supported");
    loop.bodies.push_back(parse_block({"endfor", "else"}));
    if (tokens_.take_if("else")) loop.bodies.push_back(parse_block({"endfor"}));
    tokens_.expect("endfor");
    return loop;
  }

  Statement parse_set(size_t at) {
    Statement set{.kind = Kind::set, .at = at, .names = parse_targets()};
    if (tokens_.sees(".")) tokens_.fail("setting an attribute of a namespace is not supported");
    if (tokens_.take_if("=")) {
      set.expressions.push_back(expressions_.parse_value_list());
      return set;
    }
    set.kind = Kind::set_block;
    if (set.names.size() != 1) tokens_.fail_unexpected("'='");
    if (!tokens_.sees(Token::Kind::block_end)) tokens_.fail_unexpected("'=' or '%}'");
    set.bodies.push_back(parse_block({"endset"}));
    tokens_.expect("endset");
    return set;
  }

  Statement parse_with(size_t at) {
    Statement with{.kind = Kind::with, .at = at};
    while (!tokens_.sees(Token::Kind::block_end)) {
      if (!with.names.empty()) tokens_.expect(",");
      with.names.push_back(parse_target());
      tokens_.expect("=");
      with.expressions.push_back(expressions_.parse_value());
    }
    with.bodies.push_back(parse_block({"endwith"}));
    tokens_.expect("endwith");
    return with;
  }

  std::string parse_target() {
    static constexpr std::string_view kTaken[] = {"true",  "false", "none", "True",
                                                  "False", "None",  "loop", "self"};
    Token name = tokens_.expect(Token::Kind::name, "a name to set");
    if (std::find(std::begin(kTaken), std::end(kTaken), name.text) != std::end(kTaken)) {
      tokens_.fail_at(name.at, fmt::format("'{}' cannot be set", name.text), "another name");
    }
    return std::move(name.text);
  }

  // Names with commas between; a tuple is to be unpacked into several.
  std::vector<std::string> parse_targets() {
    std::vector<std::string> names = {parse_target()};
    while (tokens_.take_if(",")) names.push_back(parse_target());
    return names;
  }

  TokenStream tokens_;
  ExpressionParser expressions_;
};

}  // namespace

Statement::Body parse(const Source& source) {
  Statement::Body body = StatementParser(source).run();
  mark_unset_names(body);
  return body;
}

}  // namespace e2lm::jinja
