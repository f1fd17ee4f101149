#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/template/arguments.h"
#include "tasks/template/value.h"
#include "tasks/template/work.h"

namespace e2lm::jinja {

// A filter: {{ value | name(arguments) }}.
struct Filter {
  std::string_view name;
  Value (*apply)(Work&, const Value&, Arguments&);

  // escape and tojson make jinja2's Markup, which escapes whatever it is joined with. We have no
  // such text, so the parser lets these stand only as the last thing of {{ ... }}.
  bool makes_markup = false;
};

// The filter of that name, or null.
const Filter* find_filter(std::string_view name);

std::vector<std::string> filter_names();

// The families that filters.cc puts together.
std::span<const Filter> number_filters();
std::span<const Filter> text_filters();
std::span<const Filter> sequence_filters();

}  // namespace e2lm::jinja
