#pragma once

#include "tasks/template/value.h"
#include "tasks/template/work.h"

namespace e2lm::jinja {

enum class Comparison { equal, unequal, less, less_equal, greater, greater_equal, in, not_in };

// One of Python's comparisons. Fails when the values have no order, or one is undefined.
bool compare(Work& work, Comparison comparison, const Value& left, const Value& right);

// Python's == (1 == 1.0 == True).
bool equal(Work& work, const Value& left, const Value& right);

// Python's `item in container`.
bool contains(Work& work, const Value& container, const Value& item);

// The entry of a dictionary, or none. Fails for a key that Python cannot hash.
std::optional<Value> find(Work& work, const Dict& dict, const Value& key);

// Whether the value can be a key: no list or dictionary, nor a tuple that holds one.
bool is_hashable(Work& work, const Value& value, int depth = 0);

// Python's bool(): false are None, zero and what is empty.
bool truth(Work& work, const Value& value);

}  // namespace e2lm::jinja
