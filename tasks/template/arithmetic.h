#pragma once

#include "tasks/template/value.h"
#include "tasks/template/work.h"

namespace e2lm::jinja {

enum class Arithmetic { add, subtract, multiply, divide, floor_divide, modulo, power };

// Python's binary operators on numbers, texts and lists ('a' + 'b', [0] * 3, '%s' % x). An integer
// result beyond 64 bits fails, as does everything that fails in Python.
Value compute(Work& work, Arithmetic operation, const Value& left, const Value& right);

Value negative(Work& work, const Value& value);
Value positive(Work& work, const Value& value);

}  // namespace e2lm::jinja
