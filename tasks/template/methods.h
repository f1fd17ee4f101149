#pragma once

#include <optional>
#include <string_view>

#include "tasks/template/arguments.h"
#include "tasks/template/value.h"
#include "tasks/template/work.h"

namespace e2lm::jinja {

// Calls `object.name(arguments)`. Texts have most methods of Python's str; lists and tuples have
// index and count, dictionaries get, keys, values and items, a loop has cycle: none that changes
// the object. Anything else fails.
Value call_method(Work& work, const Value& object, std::string_view name, Arguments& arguments);

// The same for a text; none when it has no such method.
std::optional<Value> call_text_method(Work& work, std::string_view text, std::string_view name,
                                      Arguments& arguments);

}  // namespace e2lm::jinja
