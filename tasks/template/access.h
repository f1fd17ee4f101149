#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tasks/template/value.h"
#include "tasks/template/work.h"

namespace e2lm::jinja {

// What a `for` walks over: items, characters of a text, keys of a dictionary, numbers of a range.
// Fails for a value without items. An iterator can be read once.
std::vector<Value> iterate(Work& work, const Value& value);

// Python's len().
int64_t length(Work& work, const Value& value);

// `object[index]`: what is absent is undefined, an undefined object fails. A text that is no key
// falls back to the attribute, as in jinja2.
Value get_item(Work& work, const Value& object, const Value& index);

// `object.name`: a key of a dictionary, or what a loop knows of itself. Methods exist only where
// they are called; any other attribute that Python has is refused by name.
Value get_attribute(Work& work, const Value& object, std::string_view name);

// `object[start:stop:step]` of a text, list or tuple; None stands for a bound left out.
Value get_slice(Work& work, const Value& object, const Value& start, const Value& stop,
                const Value& step);

// "'str object' has no attribute 'x'", "list object has no element 10".
Undefined missing(Work& work, const Value& object, const Value& index);

}  // namespace e2lm::jinja
