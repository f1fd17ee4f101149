#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tasks/template/syntax.h"
#include "tasks/template/value.h"
#include "tasks/template/work.h"

namespace e2lm::jinja {

// The names of a rendering: those of the document, and above them those that tags set, scope by
// scope. What is set in a scope ends with it.
class Variables {
 public:
  explicit Variables(const Json& document) : document_(document) {}

  // Sets a name in the innermost scope. REQUIRES: `name` lives as long as the variables.
  void set(std::string_view name, const Value& value);
  std::optional<Value> find(std::string_view name) const;

  // A scope while it lives.
  class Scope {
   public:
    explicit Scope(Variables& variables);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Variables& variables_;
    size_t outer_start_;
  };

 private:
  struct Variable {
    std::string_view name;
    Value value;
  };

  const Json& document_;
  std::vector<Variable> set_;  // innermost scope last
  size_t start_ = 0;           // of the innermost scope
};

// The value of an expression. Python's rules throughout; what is undefined fails when it is used.
Value evaluate(Work& work, const Variables& variables, const Expression& expression);

}  // namespace e2lm::jinja
