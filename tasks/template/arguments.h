#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/template/value.h"
#include "tasks/template/work.h"

namespace e2lm::jinja {

// What a call hands to a method, filter or test, which asks for its parameters one by one in the
// order of its signature and then says finish():
//
//   const std::string_view old = arguments.text("old");
//   const int64_t count = arguments.integer("count", -1);
//   arguments.finish();
//
// A parameter without a name can be given by position only. Every failure names the callee.
class Arguments {
 public:
  struct Named {
    std::string_view name;
    Value value;
  };

  Arguments(Work& work, std::string_view callee, std::vector<Value> positional,
            std::vector<Named> named);

  std::optional<Value> next(std::string_view name = {});  // none when it is not given
  Value require(std::string_view name = {});

  // With the type that is needed.
  std::string_view text(std::string_view name = {});
  std::string_view text(std::string_view name, std::string_view absent);
  int64_t integer(std::string_view name = {});
  int64_t integer(std::string_view name, int64_t absent);
  bool flag(std::string_view name, bool absent);  // Python's truth of whatever is given

  // Everything that is left.
  std::vector<Value> take_rest();
  std::vector<Named> take_named();

  void finish() const;  // fails when something was given that nobody asked for

  [[noreturn]] void fail(std::string_view what, std::string_view expected = {}) const;

 private:
  std::string_view text_of(const Value& value) const;
  int64_t whole_of(const Value& value) const;

  Work& work_;
  std::string_view callee_;
  std::vector<Value> positional_;
  std::vector<Named> named_;
  size_t asked_ = 0;  // of the positional ones
};

}  // namespace e2lm::jinja
