#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"

namespace e2lm {

// A Jinja template as task files use them: our own interpreter of the subset that real tasks need,
// with the text that jinja2 (StrictUndefined, keep_trailing_newline, no autoescape) gives. No code:
// attributes reach keys of the data and the listed string and list methods, nothing else. Work and
// output are bounded. What the subset lacks is refused by name.
class Template {
 public:
  // `where` (file and key) opens every message. Throws Error with line and column on a syntax error
  // or a construct outside the subset.
  static Template parse(std::string_view source, std::string_view where);

  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

  // Renders with the keys of `context` (an object) as names. Throws Error with line and column when
  // an undefined name is used, an operation does not fit its values, or a bound is reached.
  std::string render(const Json& context) const;

  const std::string& source() const;

 private:
  struct Program;
  explicit Template(std::unique_ptr<Program> program);
  std::unique_ptr<Program> program_;
};

// Python's repr() of plain data: ['a', "it's"], True, None, 1.0, 1e+20.
std::string python_repr(const Json& value);

// Python's str(): text as it is, everything else as repr().
std::string python_str(const Json& value);

// Python's json.dumps(ensure_ascii=False); `indent` spaces a level, none for one line.
std::string python_json(const Json& value, int indent = 0);

// Python's str.isdigit(): there are characters, and each is a digit of some script, or one that is
// raised, circled or the like. "²" passes, though it is no Python number.
bool python_isdigit(std::string_view utf8);

// Reads a Python literal (ast.literal_eval): strings with all escapes, numbers, True, False, None,
// lists, tuples (as lists), dicts with text keys. Throws Error naming what it met.
Json parse_python_literal(std::string_view text, std::string_view where);

}  // namespace e2lm
