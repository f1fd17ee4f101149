#include "tasks/template/compare.h"

#include <fmt/format.h>

#include <cmath>
#include <compare>

#include "tasks/template/access.h"
#include "tasks/template/python_text.h"

namespace e2lm::jinja {
namespace {

// Exact, as Python compares: no integer is rounded on the way.
std::partial_ordering order(int64_t integer, double real) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (std::isnan(real)) return std::partial_ordering::unordered;
  if (real >= kTwoTo63) return std::partial_ordering::less;
  if (real < -kTwoTo63) return std::partial_ordering::greater;
  const double whole = std::trunc(real);
  const auto whole_integer = static_cast<int64_t>(whole);
  if (integer != whole_integer) return integer <=> whole_integer;
  return whole <=> real;
}

std::partial_ordering order(const Number& left, const Number& right) {
  if (left.is_real && right.is_real) return left.real <=> right.real;
  if (left.is_real) return 0 <=> order(right.integer, left.real);
  if (right.is_real) return order(left.integer, right.real);
  return left.integer <=> right.integer;
}

template <typename Ordering>
bool holds(Comparison comparison, Ordering ordering) {
  switch (comparison) {
    case Comparison::equal:
      return ordering == 0;
    case Comparison::unequal:
      return ordering != 0;
    case Comparison::less:
      return ordering < 0;
    case Comparison::less_equal:
      return ordering <= 0;
    case Comparison::greater:
      return ordering > 0;
    default:
      return ordering >= 0;
  }
}

std::string_view sign(Comparison comparison) {
  static constexpr std::string_view kSigns[] = {"==", "!=", "<", "<=", ">", ">=", "in", "not in"};
  return kSigns[static_cast<size_t>(comparison)];
}

class Comparer {
 public:
  explicit Comparer(Work& work) : work_(work) {}

  bool equal(const Value& left, const Value& right) {
    work_.spend(1);
    const Deeper deeper(*this);
    if (left.is<Undefined>() || right.is<Undefined>()) return equal_undefined(left, right);
    if (const auto a = Number::of(left), b = Number::of(right); a && b) return order(*a, *b) == 0;
    if (left.data.index() != right.data.index()) return false;
    if (const auto* text = left.get<std::string_view>()) {
      work_.spend_bytes(text->size());
      return *text == *right.get<std::string_view>();
    }
    if (const auto* items = items_of(left)) return equal_items(*items, *items_of(right));
    if (const auto* dict = left.get<Dict>()) return equal_dicts(*dict, *right.get<Dict>());
    if (left.is<None>()) return true;
    work_.fail(fmt::format("a {} cannot be compared", type_name(left)));
  }

  bool in_order(Comparison comparison, const Value& left, const Value& right) {
    const Deeper deeper(*this);
    require_defined(work_, left);
    require_defined(work_, right);
    if (const auto a = Number::of(left), b = Number::of(right); a && b) {
      return holds(comparison, order(*a, *b));
    }
    if (left.data.index() == right.data.index()) {
      if (const auto* text = left.get<std::string_view>()) {
        work_.spend_bytes(text->size());
        // Bytes of UTF-8 stand in the order of their code points.
        return holds(comparison, text->compare(*right.get<std::string_view>()) <=> 0);
      }
      if (const auto* items = items_of(left)) return in_order(comparison, *items, *items_of(right));
    }
    work_.fail(fmt::format("'{}' is not supported between {} and {}", sign(comparison),
                           type_name(left), type_name(right)));
  }

 private:
  // Counts how far inside one another the values are.
  struct Deeper {
    explicit Deeper(Comparer& owner) : comparer(owner) {
      if (++comparer.depth_ > Work::kMaxDepth) comparer.work_.fail("is nested too deeply");
    }
    ~Deeper() { --comparer.depth_; }
    Comparer& comparer;
  };

  bool equal_undefined(const Value& left, const Value& right) {
    require_defined(work_, left);
    require_defined(work_, right);
    return left.is<Undefined>() && right.is<Undefined>();
  }

  bool equal_items(const Items& left, const Items& right) {
    if (left.size() != right.size()) return false;
    for (size_t i = 0; i < left.size(); ++i) {
      if (!equal(left[i], right[i])) return false;
    }
    return true;
  }

  bool equal_dicts(const Dict& left, const Dict& right) {
    if (left.size() != right.size()) return false;
    for (size_t i = 0; i < left.size(); ++i) {
      const auto other = find(work_, right, left.key(i));
      if (!other || !equal(left.value(i), *other)) return false;
    }
    return true;
  }

  // The first items that differ decide, or else the lengths.
  bool in_order(Comparison comparison, const Items& left, const Items& right) {
    for (size_t i = 0; i < left.size() && i < right.size(); ++i) {
      const Value a = left[i];
      const Value b = right[i];
      if (!equal(a, b)) return in_order(comparison, a, b);
    }
    return holds(comparison, left.size() <=> right.size());
  }

  Work& work_;
  int depth_ = 0;
};

}  // namespace

bool equal(Work& work, const Value& left, const Value& right) {
  return Comparer(work).equal(left, right);
}

bool compare(Work& work, Comparison comparison, const Value& left, const Value& right) {
  switch (comparison) {
    case Comparison::equal:
      return equal(work, left, right);
    case Comparison::unequal:
      return !equal(work, left, right);
    case Comparison::in:
      return contains(work, right, left);
    case Comparison::not_in:
      return !contains(work, right, left);
    default:
      work.spend(1);
      return Comparer(work).in_order(comparison, left, right);
  }
}

bool contains(Work& work, const Value& container, const Value& item) {
  if (const auto* text = container.get<std::string_view>()) {
    const auto* part = item.get<std::string_view>();
    if (part == nullptr) {
      require_defined(work, item);
      work.fail(fmt::format("'in' a text is asked of a {}", type_name(item)), "a text");
    }
    return find_text(work, *text, *part) != std::string_view::npos;
  }
  if (const auto* dict = container.get<Dict>()) return find(work, *dict, item).has_value();
  for (const Value& candidate : iterate(work, container)) {
    if (equal(work, candidate, item)) return true;
  }
  return false;
}

std::optional<Value> find(Work& work, const Dict& dict, const Value& key) {
  require_defined(work, key);
  if (!is_hashable(work, key)) work.fail(fmt::format("a {} cannot be a key", type_name(key)));
  work.spend(dict.size() / 8);
  if (const auto* text = key.get<std::string_view>()) return dict.find(*text);
  for (size_t i = 0; i < dict.size(); ++i) {
    if (equal(work, dict.key(i), key)) return dict.value(i);
  }
  return std::nullopt;
}

bool is_hashable(Work& work, const Value& value, int depth) {
  work.spend(1);
  if (depth > Work::kMaxDepth) work.fail("is nested too deeply");
  if (const auto* tuple = value.get<Tuple>()) {
    for (size_t i = 0; i < tuple->items.size(); ++i) {
      if (!is_hashable(work, tuple->items[i], depth + 1)) return false;
    }
    return true;
  }
  return !value.is<List>() && !value.is<Dict>();
}

bool truth(Work& work, const Value& value) {
  require_defined(work, value);
  if (const auto number = Number::of(value)) {
    return number->is_real ? number->real != 0 : number->integer != 0;
  }
  if (const auto* text = value.get<std::string_view>()) return !text->empty();
  if (const auto* items = items_of(value)) return items->size() > 0;
  if (const auto* dict = value.get<Dict>()) return dict->size() > 0;
  if (const auto* range = value.get<Range>()) return range->size() > 0;
  if (const auto* stream = value.get<Stream>()) {
    return stream->spent != nullptr || stream->items.size() > 0;  // an iterator is always true
  }
  return value.is<const Loop*>();
}

}  // namespace e2lm::jinja
