#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/template/source.h"

namespace e2lm::jinja {

struct Token {
  enum class Kind {
    text,         // outside of tags
    print_begin,  // {{
    print_end,    // }}
    block_begin,  // {%
    block_end,    // %}
    name,
    string,
    integer,
    real,
    sign,  // an operator or bracket
    end,   // of the template
  };

  Kind kind = Kind::end;
  size_t at = 0;     // byte of the source
  std::string text;  // of a string: decoded; of a tag: as written
  int64_t integer = 0;
  double real = 0;
};

// Cuts a template into tokens, the last of kind `end`. Comments and raw blocks are resolved, and
// so is the white space that {%- and -%} remove. Throws Error at what is no token.
// REQUIRES: UTF-8 with \n as the only line break.
std::vector<Token> tokenize(const Source& source);

}  // namespace e2lm::jinja
