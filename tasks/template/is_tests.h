#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/template/arguments.h"
#include "tasks/template/value.h"
#include "tasks/template/work.h"

namespace e2lm::jinja {

// A test: {{ value is name(arguments) }}.
struct IsTest {
  std::string_view name;
  bool (*holds)(Work&, const Value&, Arguments&);
};

// The test of that name, or null.
const IsTest* find_is_test(std::string_view name);

std::vector<std::string> is_test_names();

}  // namespace e2lm::jinja
