#include "tasks/template/python_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <utility>

#include "tasks/template/unicode.h"

namespace e2lm::jinja {
namespace {

void append_escaped(std::string& out, char32_t c, char quote) {
  const auto code = static_cast<uint32_t>(c);
  if (c == static_cast<char32_t>(quote) || c == '\\') {
    out += '\\';
    out += static_cast<char>(c);
  } else if (c == '\n') {
    out += "\\n";
  } else if (c == '\r') {
    out += "\\r";
  } else if (c == '\t') {
    out += "\\t";
  } else if (is_printable(c)) {
    append_character(out, c);
  } else if (c < 0x100) {
    out += fmt::format("\\x{:02x}", code);
  } else if (c < 0x10000) {
    out += fmt::format("\\u{:04x}", code);
  } else {
    out += fmt::format("\\U{:08x}", code);
  }
}

void append_quoted(std::string_view text, std::string& out) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const bool has_double = text.find('"') != std::string_view::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  out += quote;
  for (size_t at = 0; at < text.size();) append_escaped(out, next_character(text, at), quote);
  out += quote;
}

// Writes values inside one another, and says how deep it is.
class ReprWriter {
 public:
  ReprWriter(Work& work, std::string& out) : work_(work), out_(out) {}

  void write(const Value& value, int depth) {
    work_.spend(1);
    work_.require_size(out_.size());
    if (depth > Work::kMaxDepth) work_.fail("is a list nested too deeply to print");
    if (const auto* text = value.get<std::string_view>()) {
      work_.spend_bytes(text->size());
      append_quoted(*text, out_);
    } else if (const auto* list = value.get<List>()) {
      write_items(list->items, '[', "]", depth);
    } else if (const auto* tuple = value.get<Tuple>()) {
      write_items(tuple->items, '(', tuple->items.size() == 1 ? ",)" : ")", depth);
    } else if (const auto* dict = value.get<Dict>()) {
      write_dict(*dict, depth);
    } else {
      write_scalar(value);
    }
  }

 private:
  void write_items(const Items& items, char open, std::string_view close, int depth) {
    out_ += open;
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ", ";
      write(items[i], depth + 1);
    }
    out_ += close;
  }

  void write_dict(const Dict& dict, int depth) {
    out_ += '{';
    for (size_t i = 0; i < dict.size(); ++i) {
      if (i > 0) out_ += ", ";
      write(dict.key(i), depth + 1);
      out_ += ": ";
      write(dict.value(i), depth + 1);
    }
    out_ += '}';
  }

  void write_scalar(const Value& value) {
    if (value.is<None>()) {
      out_ += "None";
    } else if (const auto* boolean = value.get<bool>()) {
      out_ += *boolean ? "True" : "False";
    } else if (const auto* integer = value.get<int64_t>()) {
      fmt::format_to(std::back_inserter(out_), "{}", *integer);
    } else if (const auto* real = value.get<double>()) {
      out_ += repr_real(*real);
    } else if (const auto* range = value.get<Range>()) {
      fmt::format_to(std::back_inserter(out_), "range({}, {}", range->start, range->stop);
      if (range->step != 1) fmt::format_to(std::back_inserter(out_), ", {}", range->step);
      out_ += ')';
    } else if (value.is<Undefined>()) {
      out_ += "Undefined";
    } else {
      work_.fail(fmt::format("a {} cannot be printed", type_name(value)),
                 "its items, as |list or |join give them");
    }
  }

  Work& work_;
  std::string& out_;
};

// Python's layout of the shortest digits: an exponent only below 1e-4 and from 1e16 on.
std::string lay_out(std::string_view digits, int exponent) {
  const auto count = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    std::string text(1, digits[0]);
    if (count > 1) text.append(".").append(digits.substr(1));
    return text + fmt::format("e{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
  }
  if (exponent < 0) {
    return "0." + std::string(static_cast<size_t>(-exponent - 1), '0').append(digits);
  }
  std::string text(digits);
  if (exponent >= count - 1) {
    return text.append(static_cast<size_t>(exponent - count + 1), '0').append(".0");
  }
  return text.insert(static_cast<size_t>(exponent + 1), ".");
}

}  // namespace

std::string repr_real(double real) {
  if (std::isnan(real)) return "nan";
  const std::string sign = std::signbit(real) ? "-" : "";
  if (std::isinf(real)) return sign + "inf";
  std::array<char, 32> buffer;
  const auto end =
      std::to_chars(buffer.begin(), buffer.end(), std::fabs(real), std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<size_t>(end.ptr - buffer.data()));
  const size_t e = text.find('e');
  const char* exponent_start = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
  int exponent = 0;
  std::from_chars(exponent_start, end.ptr, exponent);
  std::string digits(1, text[0]);
  if (e > 1) digits.append(text.substr(2, e - 2));
  return sign + lay_out(digits, exponent);
}

std::string json_real(double real) {
  if (std::isnan(real)) return "NaN";
  if (std::isinf(real)) return real > 0 ? "Infinity" : "-Infinity";
  return repr_real(real);
}

std::string repr_text(std::string_view text) {
  std::string out;
  append_quoted(text, out);
  return out;
}

void append_repr(Work& work, const Value& value, std::string& out) {
  ReprWriter(work, out).write(value, 0);
}

void append_str(Work& work, const Value& value, std::string& out) {
  require_defined(work, value);
  if (const auto* text = value.get<std::string_view>()) {
    work.spend_bytes(text->size());
    work.require_size(out.size() + text->size());
    out += *text;
  } else if (!value.is<Undefined>()) {
    append_repr(work, value, out);
  }
  work.require_size(out.size());
}

std::string_view str(Work& work, const Value& value) {
  if (const auto* text = value.get<std::string_view>()) return *text;
  std::string out;
  append_str(work, value, out);
  return work.keep(std::move(out));
}

std::string repr(Work& work, const Value& value) {
  std::string out;
  append_repr(work, value, out);
  return out;
}

size_t find_text(Work& work, std::string_view text, std::string_view part, size_t from) {
  if (from > text.size()) return std::string_view::npos;
  if (part.empty()) return from;
  if (from == text.size()) return std::string_view::npos;
  const std::string_view rest = text.substr(from);
  // memmem() is linear in both lengths, unlike std::string_view::find().
  const void* found = ::memmem(rest.data(), rest.size(), part.data(), part.size());
  const size_t at = found == nullptr
                        ? rest.size()
                        : static_cast<size_t>(static_cast<const char*>(found) - rest.data());
  work.spend_bytes(at + part.size());
  return found == nullptr ? std::string_view::npos : from + at;
}

void require_defined(const Work& work, const Value& value) {
  const auto* undefined = value.get<Undefined>();
  if (undefined != nullptr && undefined->strict) work.fail(*undefined);
}

}  // namespace e2lm::jinja
