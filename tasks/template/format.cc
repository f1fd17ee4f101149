#include "tasks/template/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "tasks/template/access.h"
#include "tasks/template/compare.h"
#include "tasks/template/python_text.h"

namespace e2lm::jinja {
namespace {

constexpr int kMostDecimals = 99;

// The number that `text` is, none when it is anything else.
std::optional<int> small_number(std::string_view text) {
  if (text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  int number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc{} || end.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

void append_fixed(Work& work, const Value& value, int decimals, std::string& out) {
  const auto number = Number::of(value);
  if (!number) work.fail(fmt::format("a {} is formatted as a number", type_name(value)));
  out += fmt::format("{:.{}f}", number->real, decimals);
}

void append_whole(Work& work, const Value& value, std::string& out) {
  const auto number = Number::of(value);
  if (!number) work.fail(fmt::format("a {} is formatted as an integer", type_name(value)));
  if (!number->is_real) {
    out += fmt::format("{}", number->integer);
  } else if (std::fabs(number->real) < 9e18) {
    out += fmt::format("{}", static_cast<int64_t>(number->real));
  } else {
    work.fail("a number is too large for %d");
  }
}

class PercentFormatter {
 public:
  PercentFormatter(Work& work, std::string_view format, const Value& value)
      : work_(work), rest_(format), value_(value), tuple_(value.get<Tuple>()) {}

  std::string write() {
    while (!rest_.empty()) {
      const size_t percent = std::min(rest_.find('%'), rest_.size());
      out_ += rest_.substr(0, percent);
      rest_.remove_prefix(percent);
      if (!rest_.empty()) write_field();
    }
    // Python does not count the uses of what could be a mapping.
    const bool uncounted =
        value_.is<Dict>() || value_.is<List>() || value_.is<Undefined>() || value_.is<Range>();
    const size_t given = tuple_ != nullptr ? tuple_->items.size() : 1;
    if (used_ < given && !uncounted) work_.fail("'%' has more values than places");
    return std::move(out_);
  }

 private:
  void write_field() {
    rest_.remove_prefix(1);
    std::optional<std::string_view> key;
    if (rest_.starts_with('(')) {
      const size_t close = rest_.find(')');
      if (close == std::string_view::npos) refuse();
      key = rest_.substr(1, close - 1);
      rest_.remove_prefix(close + 1);
    }
    const size_t end = rest_.find_first_not_of(".0123456789");
    if (end == std::string_view::npos) refuse();
    const std::string_view precision = rest_.substr(0, end);
    const char conversion = rest_[end];
    rest_.remove_prefix(end + 1);
    if (conversion == '%' && precision.empty() && !key) {
      out_ += '%';
    } else {
      write_value(conversion, precision, key ? entry(*key) : next());
    }
    work_.spend(1);
    work_.require_size(out_.size());
  }

  void write_value(char conversion, std::string_view precision, const Value& value) {
    if (conversion == 'f') {
      const auto decimals = precision.empty() ? 6 : small_number(precision.substr(1));
      if (!decimals || *decimals > kMostDecimals) refuse();
      append_fixed(work_, value, *decimals, out_);
    } else if (!precision.empty()) {
      refuse();
    } else if (conversion == 's') {
      append_str(work_, value, out_);
    } else if (conversion == 'r') {
      append_repr(work_, value, out_);
    } else if (conversion == 'd' || conversion == 'i') {
      append_whole(work_, value, out_);
    } else {
      refuse();
    }
  }

  Value next() {
    const size_t index = used_++;
    if (tuple_ == nullptr && index == 0) return value_;
    if (tuple_ == nullptr || index >= tuple_->items.size()) {
      work_.fail("'%' has fewer values than places");
    }
    return tuple_->items[index];
  }

  Value entry(std::string_view key) {
    if (const auto* dict = value_.get<Dict>()) {
      if (const auto value = find(work_, *dict, key)) return *value;
    }
    work_.fail(fmt::format("'%({})' has no value", key), "a dictionary with that key");
  }

  [[noreturn]] void refuse() const {
    work_.fail("a '%' place is not supported", "%s, %r, %d, %i, %f, %.2f, %% or %(key)s");
  }

  Work& work_;
  std::string_view rest_;
  const Value& value_;
  const Tuple* tuple_;
  size_t used_ = 0;
  std::string out_;
};

class BraceFormatter {
 public:
  BraceFormatter(Work& work, std::string_view format, Arguments& arguments)
      : work_(work),
        rest_(format),
        positional_(arguments.take_rest()),
        named_(arguments.take_named()) {}

  std::string write() {
    while (!rest_.empty()) {
      const size_t brace = std::min(rest_.find_first_of("{}"), rest_.size());
      out_ += rest_.substr(0, brace);
      rest_.remove_prefix(brace);
      if (rest_.empty()) break;
      if (rest_.starts_with("{{") || rest_.starts_with("}}")) {
        out_ += rest_[0];
        rest_.remove_prefix(2);
      } else {
        write_field();
      }
    }
    return std::move(out_);
  }

 private:
  void write_field() {
    const size_t close = rest_.find('}');
    if (rest_[0] == '}' || close == std::string_view::npos) refuse();
    std::string_view field = rest_.substr(1, close - 1);
    rest_.remove_prefix(close + 1);
    const size_t colon = std::min(field.find(':'), field.size());
    const std::string_view spec = field.substr(std::min(colon + 1, field.size()));
    field = field.substr(0, colon);
    const size_t bang = std::min(field.find('!'), field.size());
    const std::string_view conversion = field.substr(bang);
    write_value(value_of_field(field.substr(0, bang)), conversion, spec);
    work_.spend(1);
    work_.require_size(out_.size());
  }

  void write_value(const Value& value, std::string_view conversion, std::string_view spec) {
    if (!spec.empty()) {
      const bool fixed = conversion.empty() && spec.starts_with('.') && spec.ends_with('f');
      const auto decimals = fixed ? small_number(spec.substr(1, spec.size() - 2)) : std::nullopt;
      if (!decimals || *decimals > kMostDecimals) refuse();
      append_fixed(work_, value, *decimals, out_);
    } else if (conversion == "!r") {
      append_repr(work_, value, out_);
    } else if (conversion.empty() || conversion == "!s") {
      append_str(work_, value, out_);
    } else {
      refuse();
    }
  }

  Value value_of_field(std::string_view name) {
    if (name.find_first_of(".[{") != std::string_view::npos) refuse();
    if (name.find_first_not_of("0123456789") != std::string_view::npos) {
      for (const auto& given : named_) {
        if (given.name == name) return given.value;
      }
      work_.fail(fmt::format("format() has no value for '{}'", name));
    }
    if (counts_.value_or(name.empty()) != name.empty()) {
      work_.fail("format() mixes {} and {0}");
    }
    counts_ = name.empty();
    const auto index = name.empty() ? std::optional(used_++) : small_number(name);
    if (!index || static_cast<size_t>(*index) >= positional_.size()) {
      work_.fail("format() has fewer values than places");
    }
    return positional_[static_cast<size_t>(*index)];
  }

  [[noreturn]] void refuse() const {
    work_.fail("a place of format() is not supported", "{}, {0}, {name}, {!r} or {:.2f}");
  }

  Work& work_;
  std::string_view rest_;
  std::vector<Value> positional_;
  std::vector<Arguments::Named> named_;
  std::optional<bool> counts_;  // whether places are {} rather than {0}
  int used_ = 0;
  std::string out_;
};

}  // namespace

std::string_view format_percent(Work& work, std::string_view format, const Value& value) {
  return work.keep(PercentFormatter(work, format, value).write());
}

std::string_view format_braces(Work& work, std::string_view format, Arguments& arguments) {
  return work.keep(BraceFormatter(work, format, arguments).write());
}

}  // namespace e2lm::jinja
