#include "tasks/template/expression_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace e2lm::jinja {
ExpressionParser::Level::Level(ExpressionParser& parser) : parser_(parser) {
  if (++parser_.level_ > kMaxNesting) {
    parser_.tokens_.fail("is nested too deeply");
  }
}

// The beginnings.

Expression ExpressionParser::parse_value() {
  Expression value = parse_conditional();
  refuse_markup(false, value);
  return value;
}

Expression ExpressionParser::parse_value_list() {
  Expression value = parse_tuple(true, false);
  refuse_markup(false, value);
  return value;
}

Expression ExpressionParser::parse_condition() {
  Expression value = parse_tuple(false, false);
  refuse_markup(false, value);
  return value;
}

Expression ExpressionParser::parse_printed() {
  Expression value = parse_tuple(true, false);
  refuse_markup(true, value);
  return value;
}

void ExpressionParser::refuse_markup(bool allowed_at_root, const Expression& root) {
  const int markups = std::exchange(markups_, 0);
  const bool at_root = root.kind == Kind::filter && root.filter->makes_markup;
  if (markups == 0 || (allowed_at_root && at_root && markups == 1)) return;
  tokens_.fail_at(markup_at_, "escape and tojson are supported only as the last filter printed",
                  "{{ value|tojson }}");
}

// Nodes.

void ExpressionParser::add(Expression& parent, Expression operand) {
  parent.depth = std::max(parent.depth, operand.depth + 1);
  if (parent.depth > kMaxDepth) {
    tokens_.fail_at(parent.at, fmt::format("is a chain of more than {} operations", kMaxDepth));
  }
  parent.operands.push_back(std::move(operand));
}

// Operators.

Expression ExpressionParser::parse_conditional() {
  const Level level(*this);
  Expression value = parse_or();
  while (tokens_.sees("if")) {
    const size_t at = tokens_.take().at;
    Expression condition = parse_or();
    value = make(Kind::conditional, at, std::move(condition), std::move(value));
    if (tokens_.take_if("else")) add(value, parse_conditional());
  }
  return value;
}

Expression ExpressionParser::parse_or() {
  Expression left = parse_and();
  while (tokens_.sees("or")) {
    const size_t at = tokens_.take().at;
    left = make(Kind::disjunction, at, std::move(left), parse_and());
  }
  return left;
}

Expression ExpressionParser::parse_and() {
  Expression left = parse_not();
  while (tokens_.sees("and")) {
    const size_t at = tokens_.take().at;
    left = make(Kind::conjunction, at, std::move(left), parse_not());
  }
  return left;
}

Expression ExpressionParser::parse_not() {
  if (!tokens_.sees("not")) return parse_comparison();
  const Level level(*this);
  const size_t at = tokens_.take().at;
  return make(Kind::negation, at, parse_not());
}

std::optional<Comparison> ExpressionParser::take_comparison() {
  static constexpr std::pair<const char*, Comparison> kSigns[] = {
      {"==", Comparison::equal},  {"!=", Comparison::unequal},
      {"<", Comparison::less},    {"<=", Comparison::less_equal},
      {">", Comparison::greater}, {">=", Comparison::greater_equal},
      {"in", Comparison::in},
  };
  for (const auto& [sign, comparison] : kSigns) {
    if (tokens_.take_if(sign)) return comparison;
  }
  const Token& second = tokens_.peek_second();
  if (!tokens_.sees("not") || second.kind != Token::Kind::name || second.text != "in") return {};
  tokens_.take();
  tokens_.take();
  return Comparison::not_in;
}

Expression ExpressionParser::parse_comparison() {
  Expression left = parse_sum();
  const size_t at = tokens_.peek().at;
  auto comparison = take_comparison();
  if (!comparison) return left;
  Expression chain = make(Kind::compare, at, std::move(left));
  for (; comparison; comparison = take_comparison()) {
    chain.comparisons.push_back(*comparison);
    add(chain, parse_sum());
  }
  return chain;
}

Expression ExpressionParser::parse_arithmetic(
    Binary operand, std::initializer_list<std::pair<const char*, Arithmetic>> signs) {
  Expression left = (this->*operand)();
  for (bool found = true; found;) {
    found = false;
    for (const auto& [sign, arithmetic] : signs) {
      if (!tokens_.sees(sign)) continue;
      const size_t at = tokens_.take().at;
      left = make(Kind::arithmetic, at, std::move(left), (this->*operand)());
      left.arithmetic = arithmetic;
      found = true;
      break;
    }
  }
  return left;
}

Expression ExpressionParser::parse_sum() {
  return parse_arithmetic(&ExpressionParser::parse_joined,
                          {{"+", Arithmetic::add}, {"-", Arithmetic::subtract}});
}

Expression ExpressionParser::parse_joined() {
  Expression first = parse_product();
  if (!tokens_.sees("~")) return first;
  Expression joined = make(Kind::concatenate, tokens_.peek().at, std::move(first));
  while (tokens_.take_if("~")) add(joined, parse_product());
  return joined;
}

Expression ExpressionParser::parse_product() {
  return parse_arithmetic(&ExpressionParser::parse_power, {{"*", Arithmetic::multiply},
                                                           {"/", Arithmetic::divide},
                                                           {"//", Arithmetic::floor_divide},
                                                           {"%", Arithmetic::modulo}});
}

Expression ExpressionParser::parse_power() {
  Expression left = parse_signed(true);
  while (tokens_.sees("**")) {
    // jinja2 computes -2 ** 2 as (-2) ** 2, but -2 ** x as -(2 ** x).
    if (left.kind == Kind::negative) tokens_.fail("a power of a negative number is not supported");
    const size_t at = tokens_.take().at;
    left = make(Kind::arithmetic, at, std::move(left), parse_signed(true));
    left.arithmetic = Arithmetic::power;
  }
  return left;
}

Expression ExpressionParser::parse_signed(bool with_filters) {
  const Level level(*this);
  const bool minus = tokens_.sees("-");
  Expression operand = [&] {
    if (!minus && !tokens_.sees("+")) return parse_primary();
    const size_t at = tokens_.take().at;
    return make(minus ? Kind::negative : Kind::positive, at, parse_signed(false));
  }();
  operand = parse_postfix(std::move(operand));
  return with_filters ? parse_filters(std::move(operand)) : operand;
}

// What an operand starts with.

Expression ExpressionParser::parse_primary() {
  const Token& token = tokens_.peek();
  switch (token.kind) {
    case Token::Kind::name:
      return parse_word();
    case Token::Kind::string:
      return parse_strings();
    case Token::Kind::integer:
    case Token::Kind::real: {
      const Token number = tokens_.take();
      Expression constant = make(Kind::constant, number.at);
      constant.constant =
          number.kind == Token::Kind::integer ? Value(number.integer) : Value(number.real);
      return constant;
    }
    default:
      if (tokens_.sees("(")) return parse_parentheses();
      if (tokens_.sees("[")) return parse_list();
      if (tokens_.sees("{")) return parse_dict();
      tokens_.fail_unexpected("a value");
  }
}

Expression ExpressionParser::parse_word() {
  Token word = tokens_.take();
  Expression expression = make(Kind::constant, word.at);
  if (word.text == "true" || word.text == "True") {
    expression.constant = true;
  } else if (word.text == "false" || word.text == "False") {
    expression.constant = false;
  } else if (word.text == "none" || word.text == "None") {
    expression.constant = None{};
  } else if (word.text == "self") {
    tokens_.fail_at(word.at, "'self' is not supported");
  } else {
    expression.kind = Kind::name;
    expression.text = std::move(word.text);
  }
  return expression;
}

// Strings side by side are one.
Expression ExpressionParser::parse_strings() {
  Expression text = make(Kind::text, tokens_.peek().at);
  while (tokens_.sees(Token::Kind::string)) text.text += tokens_.take().text;
  return text;
}

Expression ExpressionParser::parse_parentheses() {
  tokens_.take();
  Expression inner = parse_tuple(true, true);
  tokens_.expect(")");
  return inner;
}

Expression ExpressionParser::parse_list() {
  Expression list = make(Kind::list, tokens_.take().at);
  while (!tokens_.sees("]")) {
    add(list, parse_conditional());
    if (!tokens_.take_if(",")) break;
  }
  tokens_.expect("]");
  return list;
}

Expression ExpressionParser::parse_dict() {
  Expression dict = make(Kind::dict, tokens_.take().at);
  while (!tokens_.sees("}")) {
    add(dict, parse_conditional());
    tokens_.expect(":");
    add(dict, parse_conditional());
    if (!tokens_.take_if(",")) break;
  }
  tokens_.expect("}");
  return dict;
}

// One value, or with a comma a tuple of them; () is a tuple only in parentheses.
Expression ExpressionParser::parse_tuple(bool conditional, bool in_parentheses) {
  const auto at_end = [&] {
    return tokens_.sees(")") || tokens_.sees(Token::Kind::print_end) ||
           tokens_.sees(Token::Kind::block_end);
  };
  Expression tuple = make(Kind::tuple, tokens_.peek().at);
  if (at_end() && !in_parentheses) tokens_.fail_unexpected("a value");
  while (!at_end()) {
    Expression value = conditional ? parse_conditional() : parse_or();
    const bool more = tokens_.take_if(",");
    if (!more && tuple.operands.empty()) return value;
    add(tuple, std::move(value));
    if (!more) break;
  }
  return tuple;
}

}  // namespace e2lm::jinja
