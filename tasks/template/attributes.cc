#include "tasks/template/attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace e2lm::jinja {
namespace {

using Names = std::span<const std::string_view>;

// dir() of CPython 3.11's types, without what begins with two underscores.
constexpr std::string_view kStrAttributes[] = {
    "capitalize",   "casefold",    "center",    "count",      "encode",       "endswith",
    "expandtabs",   "find",        "format",    "format_map", "index",        "isalnum",
    "isalpha",      "isascii",     "isdecimal", "isdigit",    "isidentifier", "islower",
    "isnumeric",    "isprintable", "isspace",   "istitle",    "isupper",      "join",
    "ljust",        "lower",       "lstrip",    "maketrans",  "partition",    "removeprefix",
    "removesuffix", "replace",     "rfind",     "rindex",     "rjust",        "rpartition",
    "rsplit",       "rstrip",      "split",     "splitlines", "startswith",   "strip",
    "swapcase",     "title",       "translate", "upper",      "zfill"};
constexpr std::string_view kListAttributes[] = {"append", "clear",   "copy",   "count",
                                                "extend", "index",   "insert", "pop",
                                                "remove", "reverse", "sort"};
constexpr std::string_view kTupleAttributes[] = {"count", "index"};
constexpr std::string_view kDictAttributes[] = {"clear",      "copy",   "fromkeys", "get",
                                                "items",      "keys",   "pop",      "popitem",
                                                "setdefault", "update", "values"};
constexpr std::string_view kIntAttributes[] = {
    "as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator",
    "from_bytes",       "imag",      "numerator",  "real",      "to_bytes"};
constexpr std::string_view kFloatAttributes[] = {
    "as_integer_ratio", "conjugate", "fromhex", "hex", "imag", "is_integer", "real"};
constexpr std::string_view kRangeAttributes[] = {"count", "index", "start", "step", "stop"};

Names python_attributes(const Value& value) {
  if (value.is<std::string_view>()) return kStrAttributes;
  if (value.is<List>()) return kListAttributes;
  if (value.is<Tuple>()) return kTupleAttributes;
  if (value.is<Dict>()) return kDictAttributes;
  if (value.is<int64_t>() || value.is<bool>()) return kIntAttributes;
  if (value.is<double>()) return kFloatAttributes;
  if (value.is<Range>()) return kRangeAttributes;
  return {};
}

bool has_attribute(const Value& value, std::string_view name) {
  const Names names = python_attributes(value);
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void refuse_attribute(Work& work, const Value& object, std::string_view name) {
  const bool known = has_attribute(object, name);
  const bool special = name.starts_with("__") && name.ends_with("__");
  // What an iterator or a loop has besides is too odd to list.
  const bool unlisted = object.is<Stream>() || object.is<const Loop*>();
  if (!known && !special && !unlisted) return;
  work.fail(
      fmt::format("the attribute '{}' of a {} is not supported here", name, type_name(object)),
      known ? "a call of it, or ['" + std::string(name) + "'] for a key" : "");
}

void refuse_method(Work& work, const Value& object, std::string_view name) {
  if (!has_attribute(object, name)) return;
  work.fail(fmt::format("the method '{}' of a {} is not supported here", name, type_name(object)));
}

Value loop_attribute(Work& work, const Loop& loop, std::string_view name) {
  const auto index = static_cast<int64_t>(loop.index);
  const auto size = static_cast<int64_t>(loop.items->size());
  if (name == "index") return index + 1;
  if (name == "index0") return index;
  if (name == "revindex") return size - index;
  if (name == "revindex0") return size - index - 1;
  if (name == "first") return index == 0;
  if (name == "last") return index + 1 == size;
  if (name == "length") return size;
  if (name == "depth") return int64_t{1};
  if (name == "depth0") return int64_t{0};
  if (name == "previtem") {
    return index > 0 ? (*loop.items)[loop.index - 1]
                     : Value(Undefined{"there is no previous item"});
  }
  if (name == "nextitem") {
    return index + 1 < size ? (*loop.items)[loop.index + 1]
                            : Value(Undefined{"there is no next item"});
  }
  work.fail(fmt::format("'loop.{}' is not supported", name),
            "index, index0, revindex, revindex0, first, last, length, previtem or nextitem");
}

}  // namespace e2lm::jinja
