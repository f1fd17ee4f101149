#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tasks/template/arithmetic.h"
#include "tasks/template/compare.h"
#include "tasks/template/filters.h"
#include "tasks/template/is_tests.h"
#include "tasks/template/value.h"

namespace e2lm::jinja {

// One expression. What its operands are depends on its kind, and so does which field is used.
struct Expression {
  enum class Kind {
    constant,     // `constant`: a number, a boolean or None
    text,         // `text`
    name,         // `text`
    list,         // operands: the items
    tuple,        // operands: the items
    dict,         // operands: key, value, key, value ...
    attribute,    // operands: object; `text`: its name
    item,         // operands: object, index
    slice,        // operands: object, start, stop, step; None for one left out
    call_global,  // operands: arguments; `text`: range or dict
    call_method,  // operands: object, arguments; `text`: its name
    filter,       // operands: value, arguments; `filter`
    test,         // operands: value, arguments; `test`
    negative,     // operands: one
    positive,     // operands: one
    negation,     // operands: one
    arithmetic,   // operands: left, right; `arithmetic`
    concatenate,  // operands: all that ~ joins
    compare,      // operands: one more than `comparisons`, which stand between them
    conjunction,  // operands: left, right
    disjunction,  // operands: left, right
    conditional,  // operands: condition, value, and the other value if there is an `else`
  };

  Kind kind;
  size_t at;  // byte of the source that messages name
  std::vector<Expression> operands = {};
  std::string text = {};
  std::vector<std::string> keywords = {};  // of a call: the names of its last operands
  Value constant = {};
  Arithmetic arithmetic = {};
  std::vector<Comparison> comparisons = {};
  const Filter* filter = nullptr;
  const IsTest* test = nullptr;
  int depth = 0;  // of expressions inside one another: 0 without operands
};

// One piece of text or one tag with everything up to its end.
struct Statement {
  using Body = std::vector<Statement>;

  enum class Kind {
    text,       // `text`
    print,      // expressions: what to print
    choose,     // if: bodies[i] where expressions[i] holds; a further body is the `else`
    loop,       // for: expressions: what to walk over, and the condition if there is one;
                // `names`: what an item is unpacked to; bodies: the loop, and the `else` if any
    set,        // `names` = expressions[0]
    set_block,  // `names`[0] = the text that bodies[0] renders
    with,       // names[i] = expressions[i] inside of bodies[0]
    unset,      // `names` are undefined until they are set (scopes.h)
  };

  Kind kind;
  size_t at;
  std::string text = {};
  std::vector<std::string> names = {};
  std::vector<Expression> expressions = {};
  std::vector<Body> bodies = {};
};

}  // namespace e2lm::jinja
