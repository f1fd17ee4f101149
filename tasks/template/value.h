#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"

namespace e2lm::jinja {

struct Value;

// What a missing name, key or element is until somebody uses it; then its message is the error.
// A strict one can be tested with `is defined` and nothing else; the one that an inline `if`
// without `else` leaves prints as nothing, is false and empty.
struct Undefined {
  std::string_view message;
  bool strict = true;
  bool is_name = false;  // then `message` is only the name, of which a better message is made
};

struct None {};

// The items of a list or tuple, read in place: of a JSON array or of values made while rendering.
class Items {
 public:
  Items() = default;
  explicit Items(const Json& array);  // REQUIRES: an array
  explicit Items(const std::vector<Value>& values);

  size_t size() const { return size_; }
  Value operator[](size_t index) const;  // REQUIRES: index < size()

 private:
  const Json* json_ = nullptr;
  const Value* values_ = nullptr;
  size_t size_ = 0;
};

struct List {
  Items items;
};

struct Tuple {
  Items items;
};

// A dictionary in the order of insertion, read in place like Items. Small, so looked up by a walk.
class Dict {
 public:
  using Entry = std::pair<Value, Value>;

  Dict() = default;
  explicit Dict(const Json& object);  // REQUIRES: an object
  explicit Dict(const std::vector<Entry>& entries);

  size_t size() const { return size_; }
  Value key(size_t index) const;
  Value value(size_t index) const;
  std::optional<Value> find(std::string_view key) const;

 private:
  const Json::object_t::value_type* json_ = nullptr;
  const Entry* entries_ = nullptr;
  size_t size_ = 0;
};

// Python's range(): only as long as it is walked.
struct Range {
  int64_t start = 0;
  int64_t stop = 0;
  int64_t step = 1;

  int64_t size() const;
  int64_t operator[](int64_t index) const;  // REQUIRES: 0 <= index < size()
};

// Something to loop over that has no index: a dictionary's items(), or what `map` and its like
// yield. The latter are iterators in Python, empty when read a second time; `spent` marks them.
struct Stream {
  Items items;
  bool* spent = nullptr;
};

// The `loop` of a `for`.
struct Loop {
  const std::vector<Value>* items = nullptr;
  size_t index = 0;
};

// A value of a template, small and copied freely. It owns nothing: texts, items and entries live
// in the document, in the program or in the Work of the rendering, all of which outlive it.
struct Value {
  using Data = std::variant<Undefined, None, bool, int64_t, double, std::string_view, List, Tuple,
                            Dict, Range, Stream, const Loop*>;

  Value() = default;
  template <typename T>
  requires(!std::is_same_v<T, Value> && std::is_constructible_v<Data, T>) Value(T item)
      : data(item) {}  // implicit: every alternative is a value

  template <typename T>
  const T* get() const {
    return std::get_if<T>(&data);
  }
  template <typename T>
  bool is() const {
    return std::holds_alternative<T>(data);
  }

  Data data;
};

// The value of a JSON document, read in place. Throws Error for an integer beyond 64 bits.
Value value_of(const Json& json);

// As Python names the type in its messages: str, NoneType, int ...
std::string_view type_name(const Value& value);

// The items of a list or tuple; null for everything else.
const Items* items_of(const Value& value);

// A number as Python computes with it; True and False are 1 and 0.
struct Number {
  bool is_real = false;
  int64_t integer = 0;
  double real = 0;  // of an integer too

  static std::optional<Number> of(const Value& value);
};

// An integer, or True or False as one.
std::optional<int64_t> integer_of(const Value& value);

}  // namespace e2lm::jinja
