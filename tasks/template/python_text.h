#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tasks/template/value.h"
#include "tasks/template/work.h"

namespace e2lm::jinja {

// Appends Python's str() of a value: text as it is, everything else as repr(). Fails for an
// undefined value, and for values whose Python text is an address (iterators, loops).
void append_str(Work& work, const Value& value, std::string& out);

// Appends Python's repr(). An undefined value inside a list is `Undefined`, as jinja2 has it.
void append_repr(Work& work, const Value& value, std::string& out);

// str() as a text that lives as long as the work; a text is handed back without a copy.
std::string_view str(Work& work, const Value& value);
std::string repr(Work& work, const Value& value);

std::string repr_text(std::string_view text);
std::string repr_real(double real);  // shortest digits that read back: 0.1, 1e+20, 1e-07
std::string json_real(double real);  // as json.dumps: also NaN, Infinity, -Infinity

// The byte where `part` first stands in `text` at or after `from`, or npos. Linear time.
size_t find_text(Work& work, std::string_view text, std::string_view part, size_t from = 0);

// Fails with the message of an undefined value; returns for every other.
void require_defined(const Work& work, const Value& value);

}  // namespace e2lm::jinja
