#pragma once

#include <string_view>

#include "tasks/template/value.h"
#include "tasks/template/work.h"

namespace e2lm::jinja {

// Fails when Python's type of `object` has the attribute `name`: jinja2 would find that before a
// key of the same name, and we have methods only where they are called.
void refuse_attribute(Work& work, const Value& object, std::string_view name);

// Fails when Python's type of `object` has the method `name`, which a call asks for and we lack.
void refuse_method(Work& work, const Value& object, std::string_view name);

// `loop.index` and its siblings.
Value loop_attribute(Work& work, const Loop& loop, std::string_view name);

}  // namespace e2lm::jinja
