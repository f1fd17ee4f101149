#include "tasks/template/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "tasks/template/access.h"
#include "tasks/template/arguments.h"
#include "tasks/template/methods.h"
#include "tasks/template/python_text.h"

namespace e2lm::jinja {
namespace {

using Kind = Expression::Kind;

class Evaluator {
 public:
  Evaluator(Work& work, const Variables& variables) : work_(work), variables_(variables) {}

  Value evaluate(const Expression& e) {
    work_.spend(1);
    work_.stand_at(e.at);
    switch (e.kind) {
      case Kind::constant:
        return e.constant;
      case Kind::text:
        return std::string_view(e.text);
      case Kind::name:
        return resolve(e.text);
      case Kind::list:
        return List{work_.keep(evaluate_all(e.operands))};
      case Kind::tuple:
        return Tuple{work_.keep(evaluate_all(e.operands))};
      case Kind::dict:
        return make_dict(e);
      case Kind::call_global:
        return call_global(e);
      case Kind::concatenate:
        return concatenate(e);
      case Kind::compare:
        return compare_chain(e);
      case Kind::conjunction:
      case Kind::disjunction:
      case Kind::conditional:
        return choose(e);
      default:
        return operate(e);
    }
  }

 private:
  // Operations whose first operand is always evaluated, and first.
  Value operate(const Expression& e) {
    const Value first = evaluate(e.operands[0]);
    switch (e.kind) {
      case Kind::attribute:
        return get_attribute(at(e), first, e.text);
      case Kind::item: {
        const Value index = evaluate(e.operands[1]);
        return get_item(at(e), first, index);
      }
      case Kind::slice: {
        const Value start = evaluate(e.operands[1]);
        const Value stop = evaluate(e.operands[2]);
        const Value step = evaluate(e.operands[3]);
        return get_slice(at(e), first, start, stop, step);
      }
      case Kind::arithmetic: {
        const Value second = evaluate(e.operands[1]);
        return compute(at(e), e.arithmetic, first, second);
      }
      case Kind::call_method: {
        Arguments arguments = collect(e, 1, e.text);
        return call_method(at(e), first, e.text, arguments);
      }
      case Kind::filter: {
        Arguments arguments = collect(e, 1, e.filter->name);
        return e.filter->apply(at(e), first, arguments);
      }
      case Kind::test: {
        Arguments arguments = collect(e, 1, e.test->name);
        return e.test->holds(at(e), first, arguments);
      }
      case Kind::negative:
        return negative(at(e), first);
      case Kind::positive:
        return positive(at(e), first);
      default:
        return !truth(at(e), first);
    }
  }

  // Back from the operands to the expression itself, for messages.
  Work& at(const Expression& e) {
    work_.stand_at(e.at);
    return work_;
  }

  std::vector<Value> evaluate_all(std::span<const Expression> expressions) {
    std::vector<Value> values;
    values.reserve(expressions.size());
    for (const Expression& expression : expressions) values.push_back(evaluate(expression));
    return values;
  }

  Value resolve(std::string_view name) {
    static constexpr std::string_view kGlobals[] = {"range",  "dict",   "lipsum",
                                                    "cycler", "joiner", "namespace"};
    if (const auto value = variables_.find(name)) return *value;
    if (std::find(std::begin(kGlobals), std::end(kGlobals), name) != std::end(kGlobals)) {
      work_.fail(fmt::format("'{}' is not supported here", name), "a call of range() or dict()");
    }
    return Undefined{.message = name, .is_name = true};
  }

  // The operands from `first` on, the last of them with their keywords.
  Arguments collect(const Expression& e, size_t first, std::string_view callee) {
    const size_t positional = e.operands.size() - e.keywords.size();
    std::vector<Value> values =
        evaluate_all(std::span(e.operands).subspan(first, positional - first));
    std::vector<Arguments::Named> named;
    for (size_t i = 0; i < e.keywords.size(); ++i) {
      named.push_back({e.keywords[i], evaluate(e.operands[positional + i])});
    }
    return Arguments(work_, callee, std::move(values), std::move(named));
  }

  Value call_global(const Expression& e) {
    if (const auto value = variables_.find(e.text)) {
      require_defined(work_, *value);
      work_.fail(fmt::format("'{}' is a {} and cannot be called", e.text, type_name(*value)));
    }
    if (e.text != "range" && e.text != "dict") {
      const Value unknown = resolve(e.text);
      work_.fail(*unknown.get<Undefined>());
    }
    Arguments arguments = collect(e, 0, e.text);
    at(e);
    return e.text == "range" ? make_range(arguments) : make_named_dict(arguments);
  }

  Value make_range(Arguments& arguments) {
    const int64_t first = arguments.integer();
    const auto second = arguments.next();
    const auto third = arguments.next();
    arguments.finish();
    Range range{0, first, 1};
    if (second) {
      if (!integer_of(*second)) arguments.fail("got no integer");
      range = {first, *integer_of(*second), 1};
    }
    if (third) {
      if (!integer_of(*third)) arguments.fail("got no integer");
      range.step = *integer_of(*third);
    }
    if (range.step == 0) arguments.fail("got the step 0");
    return range;
  }

  Value make_named_dict(Arguments& arguments) {
    std::vector<Dict::Entry> entries;
    for (const auto& [name, value] : arguments.take_named()) put(entries, name, value);
    arguments.finish();
    return work_.keep(std::move(entries));
  }

  Value make_dict(const Expression& e) {
    std::vector<Dict::Entry> entries;
    for (size_t i = 0; i < e.operands.size(); i += 2) {
      const Value key = evaluate(e.operands[i]);
      put(entries, key, evaluate(e.operands[i + 1]));
    }
    return work_.keep(std::move(entries));
  }

  // A key given again keeps its place and gets the later value.
  void put(std::vector<Dict::Entry>& entries, const Value& key, const Value& value) {
    require_defined(work_, key);
    if (!is_hashable(work_, key)) work_.fail(fmt::format("a {} is a key", type_name(key)));
    const auto same = std::find_if(entries.begin(), entries.end(), [&](const Dict::Entry& entry) {
      return equal(work_, entry.first, key);
    });
    if (same == entries.end()) {
      entries.emplace_back(key, value);
    } else {
      same->second = value;
    }
  }

  Value concatenate(const Expression& e) {
    std::string text;
    for (const Value& part : evaluate_all(e.operands)) append_str(work_, part, text);
    return work_.keep(std::move(text));
  }

  // a < b < c: each operand once, and none after the first comparison that is false.
  Value compare_chain(const Expression& e) {
    Value left = evaluate(e.operands[0]);
    for (size_t i = 0; i < e.comparisons.size(); ++i) {
      const Value right = evaluate(e.operands[i + 1]);
      if (!compare(at(e), e.comparisons[i], left, right)) return false;
      left = right;
    }
    return true;
  }

  Value choose(const Expression& e) {
    const Value first = evaluate(e.operands[0]);
    const bool holds = truth(work_, first);
    if (e.kind == Kind::conjunction) return holds ? evaluate(e.operands[1]) : first;
    if (e.kind == Kind::disjunction) return holds ? first : evaluate(e.operands[1]);
    if (holds) return evaluate(e.operands[1]);
    if (e.operands.size() > 2) return evaluate(e.operands[2]);
    return Undefined{.message = "the inline 'if' is false and has no 'else'", .strict = false};
  }

  Work& work_;
  const Variables& variables_;
};

}  // namespace

void Variables::set(std::string_view name, const Value& value) {
  for (size_t i = start_; i < set_.size(); ++i) {
    if (set_[i].name != name) continue;
    set_[i].value = value;
    return;
  }
  set_.push_back({name, value});
}

std::optional<Value> Variables::find(std::string_view name) const {
  for (auto variable = set_.rbegin(); variable != set_.rend(); ++variable) {
    if (variable->name == name) return variable->value;
  }
  const auto column = document_.find(name);
  if (column == document_.end()) return std::nullopt;
  return value_of(*column);
}

Variables::Scope::Scope(Variables& variables)
    : variables_(variables), outer_start_(std::exchange(variables.start_, variables.set_.size())) {}

Variables::Scope::~Scope() {
  variables_.set_.resize(variables_.start_);
  variables_.start_ = outer_start_;
}

Value evaluate(Work& work, const Variables& variables, const Expression& expression) {
  return Evaluator(work, variables).evaluate(expression);
}

}  // namespace e2lm::jinja
