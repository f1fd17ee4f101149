#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include "tasks/template/syntax.h"
#include "tasks/template/token_stream.h"

namespace e2lm::jinja {

// Reads expressions with jinja2's grammar, from loosest to tightest binding:
//
//   a if c else b | or | and | not | == != < <= > >= in, not in | + - | ~ | * / // % | ** | + -
//   | .name [index] (arguments) | |filter, is test
//
// which differs from Python's in ~, in ** (binds less than a sign, and to the left), and in that a
// filter belongs to the operand beside it: a + b|length is a + (b|length).
class ExpressionParser {
 public:
  // Bound the recursion of the parser (a bracket counts twice) and that of the evaluator.
  static constexpr int kMaxNesting = 200;
  static constexpr int kMaxDepth = 200;

  explicit ExpressionParser(TokenStream& tokens) : tokens_(tokens) {}

  Expression parse_value();       // a, or a if c else b
  Expression parse_value_list();  // also a, b: a tuple
  Expression parse_condition();   // a list without the `if` that would be a conditional
  Expression parse_printed();     // a list that may end in a filter that makes markup

  // Counts one level while it lives; fails at too many.
  class Level {
   public:
    explicit Level(ExpressionParser& parser);
    ~Level() { --parser_.level_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    ExpressionParser& parser_;
  };

 private:
  using Kind = Expression::Kind;
  using Binary = Expression (ExpressionParser::*)();

  Expression parse_conditional();
  Expression parse_or();
  Expression parse_and();
  Expression parse_not();
  Expression parse_comparison();
  Expression parse_sum();
  Expression parse_joined();
  Expression parse_product();
  Expression parse_power();
  Expression parse_signed(bool with_filters);
  Expression parse_primary();
  Expression parse_word();
  Expression parse_strings();
  Expression parse_parentheses();
  Expression parse_list();
  Expression parse_dict();
  Expression parse_tuple(bool conditional, bool in_parentheses);
  Expression parse_postfix(Expression operand);
  Expression parse_filters(Expression operand);
  Expression parse_attribute(Expression object);
  Expression parse_subscript(Expression object);
  Expression parse_call(Expression callee);
  Expression parse_filter(Expression value);
  Expression parse_test(Expression value);
  bool sees_test_argument() const;
  std::optional<Comparison> take_comparison();
  void parse_arguments(Expression& call);
  Expression parse_arithmetic(Binary operand,
                              std::initializer_list<std::pair<const char*, Arithmetic>> signs);

  template <typename... Operands>
  Expression make(Kind kind, size_t at, Operands... operands) {
    Expression expression{.kind = kind, .at = at};
    (add(expression, std::move(operands)), ...);
    return expression;
  }
  void add(Expression& parent, Expression operand);
  void refuse_markup(bool allowed_at_root, const Expression& root);

  TokenStream& tokens_;
  int level_ = 0;
  int markups_ = 0;  // filters that make markup in the expression being read
  size_t markup_at_ = 0;
};

}  // namespace e2lm::jinja
