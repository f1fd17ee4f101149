#include "tasks/template/methods.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "tasks/template/access.h"
#include "tasks/template/attributes.h"
#include "tasks/template/compare.h"
#include "tasks/template/python_text.h"

namespace e2lm::jinja {
namespace {

Value index_of(Work& work, const Items& items, Arguments& arguments) {
  const Value wanted = arguments.require();
  arguments.finish();
  for (size_t i = 0; i < items.size(); ++i) {
    if (equal(work, items[i], wanted)) return static_cast<int64_t>(i);
  }
  work.fail(fmt::format("{} is not in the list", repr(work, wanted)), "one of its items");
}

Value count_of(Work& work, const Items& items, Arguments& arguments) {
  const Value wanted = arguments.require();
  arguments.finish();
  int64_t count = 0;
  for (size_t i = 0; i < items.size(); ++i) count += equal(work, items[i], wanted) ? 1 : 0;
  return count;
}

std::optional<Value> call_items_method(Work& work, const Items& items, std::string_view name,
                                       Arguments& arguments) {
  if (name == "index") return index_of(work, items, arguments);
  if (name == "count") return count_of(work, items, arguments);
  return std::nullopt;
}

Value get_or(Work& work, const Dict& dict, Arguments& arguments) {
  const Value key = arguments.require();
  const Value absent = arguments.next().value_or(None{});
  arguments.finish();
  return find(work, dict, key).value_or(absent);
}

std::optional<Value> call_dict_method(Work& work, const Dict& dict, std::string_view name,
                                      Arguments& arguments) {
  if (name == "get") return get_or(work, dict, arguments);
  if (name != "keys" && name != "values" && name != "items") return std::nullopt;
  arguments.finish();
  std::vector<Value> items;
  for (size_t i = 0; i < dict.size(); ++i) {
    if (name == "keys") {
      items.push_back(dict.key(i));
    } else if (name == "values") {
      items.push_back(dict.value(i));
    } else {
      items.emplace_back(Tuple{work.keep(std::vector<Value>{dict.key(i), dict.value(i)})});
    }
  }
  return Stream{work.keep(std::move(items))};
}

// Each of the arguments in turn.
std::optional<Value> call_loop_method(const Loop& loop, std::string_view name,
                                      Arguments& arguments) {
  if (name != "cycle") return std::nullopt;
  const std::vector<Value> choices = arguments.take_rest();
  arguments.finish();
  if (choices.empty()) arguments.fail("has nothing to choose from");
  return choices[loop.index % choices.size()];
}

std::optional<Value> call_own_method(Work& work, const Value& object, std::string_view name,
                                     Arguments& arguments) {
  if (const auto* text = object.get<std::string_view>()) {
    return call_text_method(work, *text, name, arguments);
  }
  if (const auto* items = items_of(object)) {
    return call_items_method(work, *items, name, arguments);
  }
  if (const auto* dict = object.get<Dict>()) return call_dict_method(work, *dict, name, arguments);
  if (const auto* loop = object.get<const Loop*>()) {
    return call_loop_method(**loop, name, arguments);
  }
  return std::nullopt;
}

}  // namespace

Value call_method(Work& work, const Value& object, std::string_view name, Arguments& arguments) {
  if (const auto value = call_own_method(work, object, name, arguments)) return *value;
  refuse_method(work, object, name);
  const Value attribute = get_attribute(work, object, name);
  if (const auto* undefined = attribute.get<Undefined>()) work.fail(*undefined);
  work.fail(fmt::format("'{}' is a {} and cannot be called", name, type_name(attribute)));
}

}  // namespace e2lm::jinja
