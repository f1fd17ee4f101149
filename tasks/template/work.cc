#include "tasks/template/work.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "base/text.h"

namespace e2lm::jinja {

namespace {

// The name in the document that was meant, or else all of them unless they are many.
std::string suggest(std::string_view name, const Json& document) {
  constexpr size_t kMost = 12;
  std::vector<std::string> names;
  for (const auto& [key, value] : document.items()) names.push_back(key);
  if (const std::string near = nearest(name, names); !near.empty()) return "'" + near + "'";
  return names.size() <= kMost ? fmt::format("{}", fmt::join(names, ", ")) : "";
}

}  // namespace

void Work::fail(const Undefined& undefined) const {
  if (!undefined.is_name) fail(undefined.message);
  fail(fmt::format("'{}' is undefined", undefined.message), suggest(undefined.message, document_));
}

std::string_view Work::keep(std::string text) {
  require_size(text.size());
  spend_bytes(text.size());
  return texts_.emplace_front(std::move(text));
}

Items Work::keep(std::vector<Value> items) {
  spend(items.size());
  return Items(items_.emplace_front(std::move(items)));
}

Dict Work::keep(std::vector<Dict::Entry> entries) {
  spend(entries.size());
  return Dict(entries_.emplace_front(std::move(entries)));
}

Stream Work::keep_iterator(std::vector<Value> items) {
  return Stream{keep(std::move(items)), &spent_.emplace_front(false)};
}

void Work::fail_for_work() const {
  fail("takes more than " + with_commas(kMaxSteps) + " steps");
}

void Work::fail_for_size() const {
  fail("makes more than " + with_commas(kMaxBytes) + " bytes of text");
}

}  // namespace e2lm::jinja
