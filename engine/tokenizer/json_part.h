#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace e2lm {

// A value inside a JSON file together with its place, for a reader that refuses what it does not
// know. Every message names the file and the key path:
//
//   tokenizer.json: pre_tokenizer.pretokenizers[1].behavior: 'Sideways' is not supported (…)
//
// A part is a view; the document must outlive it.
class JsonPart {
 public:
  JsonPart(const SortedJson& document, std::string file);

  const SortedJson& value() const { return *value_; }

  // A member of this object: required, or none when absent or null. Throws Error when this is no
  // object, or the required member is absent.
  JsonPart at(std::string_view key) const;
  std::optional<JsonPart> find(std::string_view key) const;
  bool flag_or(std::string_view key, bool absent) const;  // an optional true or false

  JsonPart item(size_t i) const;        // of this list. REQUIRES: i < size
  std::vector<JsonPart> items() const;  // of this list

  void expect_object() const;
  void expect_list() const;

  const std::string& text() const;
  bool flag() const;
  int32_t id() const;  // of a token

  // Refuses every key that is not in the list.
  void expect_keys(std::initializer_list<std::string_view> known) const;
  // The position of this text in `known`; refuses any other text.
  size_t choice(const std::vector<std::string_view>& known) const;

  // An Error about this value, to be thrown.
  Error error(std::string_view what, std::string_view expected = {}) const;
  std::string where() const;  // file and key path

 private:
  JsonPart(const SortedJson& value, const JsonPart& parent, std::string_view step);
  void expect(bool right, std::string_view type) const;

  const SortedJson* value_;
  std::string file_;
  std::string path_;
};

// The value as a token id: an integer from 0 to 2^31 - 2, so that one more is still an int32_t.
std::optional<int32_t> token_id(const SortedJson& value);

// One of several kinds of part, told apart by the key "type".
template <typename Made>
struct PartKind {
  std::string_view type;
  Made (*read)(const JsonPart& part);
};

// Reads the part with the reader of its type; refuses a type that has none.
template <typename Made, size_t N>
Made read_by_type(const JsonPart& part, const PartKind<Made> (&kinds)[N]) {
  std::vector<std::string_view> types;
  for (const auto& kind : kinds) types.push_back(kind.type);
  return kinds[part.at("type").choice(types)].read(part);
}

}  // namespace e2lm
