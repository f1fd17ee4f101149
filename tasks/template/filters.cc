#include "tasks/template/filters.h"

namespace e2lm::jinja {
namespace {

// Calls `visit` with every filter until it returns true.
template <typename Visit>
void for_each_filter(Visit visit) {
  for (const auto family : {text_filters(), sequence_filters(), number_filters()}) {
    for (const Filter& filter : family) {
      if (visit(filter)) return;
    }
  }
}

}  // namespace

const Filter* find_filter(std::string_view name) {
  const Filter* found = nullptr;
  for_each_filter([&](const Filter& filter) {
    if (filter.name == name) found = &filter;
    return found != nullptr;
  });
  return found;
}

std::vector<std::string> filter_names() {
  std::vector<std::string> names;
  for_each_filter([&](const Filter& filter) {
    names.emplace_back(filter.name);
    return false;
  });
  return names;
}

}  // namespace e2lm::jinja
