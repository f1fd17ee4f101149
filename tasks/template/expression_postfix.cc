// What follows an operand: .name, [index], (arguments), |filter and `is` test.

#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/text.h"
#include "tasks/template/expression_parser.h"

namespace e2lm::jinja {
namespace {

// The nearest known name in quotes, to be expected.
std::string suggest(std::string_view word, const std::vector<std::string>& known) {
  const std::string best = nearest(word, known);
  return best.empty() ? "" : fmt::format("'{}'", best);
}

}  // namespace

Expression ExpressionParser::parse_postfix(Expression operand) {
  while (true) {
    if (tokens_.sees(".")) {
      operand = parse_attribute(std::move(operand));
    } else if (tokens_.sees("[")) {
      operand = parse_subscript(std::move(operand));
    } else if (tokens_.sees("(")) {
      operand = parse_call(std::move(operand));
    } else {
      return operand;
    }
  }
}

Expression ExpressionParser::parse_filters(Expression operand) {
  while (true) {
    if (tokens_.sees("|")) {
      operand = parse_filter(std::move(operand));
    } else if (tokens_.sees("is")) {
      operand = parse_test(std::move(operand));
    } else if (tokens_.sees("(")) {
      operand = parse_call(std::move(operand));
    } else {
      return operand;
    }
  }
}

Expression ExpressionParser::parse_attribute(Expression object) {
  const size_t at = tokens_.take().at;
  if (tokens_.sees(Token::Kind::integer)) {
    Expression index = make(Kind::constant, tokens_.peek().at);
    index.constant = tokens_.take().integer;
    return make(Kind::item, at, std::move(object), std::move(index));
  }
  Token name = tokens_.expect(Token::Kind::name, "a name or a number");
  Expression attribute = make(Kind::attribute, name.at, std::move(object));
  attribute.text = std::move(name.text);
  return attribute;
}

// object[index] or object[start:stop:step], where each bound may be left out.
Expression ExpressionParser::parse_subscript(Expression object) {
  const size_t at = tokens_.take().at;
  if (tokens_.sees("]")) tokens_.fail_unexpected("an index");
  const auto absent = [&] {
    Expression none = make(Kind::constant, tokens_.peek().at);
    none.constant = None{};
    return none;
  };
  const auto bound = [&] {
    return tokens_.sees(":") || tokens_.sees("]") ? absent() : parse_conditional();
  };
  Expression subscript = make(Kind::item, at, std::move(object));
  add(subscript, bound());
  if (tokens_.take_if(":")) {
    subscript.kind = Kind::slice;
    add(subscript, bound());
    add(subscript, tokens_.take_if(":") ? bound() : absent());
  }
  if (tokens_.sees(",")) tokens_.fail("an index of several values is not supported", "']'");
  tokens_.expect("]");
  return subscript;
}

Expression ExpressionParser::parse_call(Expression callee) {
  const bool method = callee.kind == Kind::attribute;
  if (!method && callee.kind != Kind::name) {
    tokens_.fail("a call of this is not supported", "a method, or range() or dict()");
  }
  callee.kind = method ? Kind::call_method : Kind::call_global;
  parse_arguments(callee);
  return callee;
}

// Appends the arguments in parentheses to the operands of a call, those with keywords last.
void ExpressionParser::parse_arguments(Expression& call) {
  tokens_.expect("(");
  while (!tokens_.sees(")")) {
    if (tokens_.sees("*") || tokens_.sees("**")) {
      tokens_.fail("arguments out of a list are not supported", "arguments one by one");
    }
    const Token& second = tokens_.peek_second();
    if (tokens_.sees(Token::Kind::name) && second.kind == Token::Kind::sign && second.text == "=") {
      call.keywords.push_back(tokens_.take().text);
      tokens_.take();
    } else if (!call.keywords.empty()) {
      tokens_.fail("an argument without a name stands after one with a name", "name=value");
    }
    add(call, parse_conditional());
    if (!tokens_.take_if(",")) break;
  }
  tokens_.expect(")");
}

Expression ExpressionParser::parse_filter(Expression value) {
  tokens_.take();
  const Token name = tokens_.expect(Token::Kind::name, "the name of a filter");
  Expression applied = make(Kind::filter, name.at, std::move(value));
  applied.filter = find_filter(name.text);
  if (applied.filter == nullptr) {
    tokens_.fail_at(name.at, fmt::format("the filter '{}' is not known", name.text),
                    suggest(name.text, filter_names()));
  }
  if (applied.filter->makes_markup) {
    ++markups_;
    markup_at_ = name.at;
  }
  if (tokens_.sees("(")) parse_arguments(applied);
  return applied;
}

Expression ExpressionParser::parse_test(Expression value) {
  tokens_.take();
  const size_t negation_at = tokens_.peek().at;
  const bool negated = tokens_.take_if("not");
  const Token name = tokens_.expect(Token::Kind::name, "the name of a test");
  Expression test = make(Kind::test, name.at, std::move(value));
  test.test = find_is_test(name.text);
  if (test.test == nullptr) {
    tokens_.fail_at(name.at, fmt::format("the test '{}' is not known", name.text),
                    suggest(name.text, is_test_names()));
  }
  if (tokens_.sees("(")) {
    parse_arguments(test);
  } else if (sees_test_argument()) {
    if (tokens_.sees("is")) tokens_.fail("a test follows a test", "'and'");
    add(test, parse_postfix(parse_primary()));
  }
  return negated ? make(Kind::negation, negation_at, std::move(test)) : std::move(test);
}

// One argument may stand without parentheses: x is divisibleby 3.
bool ExpressionParser::sees_test_argument() const {
  switch (tokens_.peek().kind) {
    case Token::Kind::name:
      return !tokens_.sees("else") && !tokens_.sees("or") && !tokens_.sees("and");
    case Token::Kind::string:
    case Token::Kind::integer:
    case Token::Kind::real:
      return true;
    default:
      return tokens_.sees("[") || tokens_.sees("{");
  }
}

}  // namespace e2lm::jinja
