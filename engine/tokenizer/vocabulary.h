#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/tokenizer/json_part.h"

namespace e2lm {

// Hashing for maps with string keys that are looked up by a view.
struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

// The tokens of a file as it spells them, and their ids: those of the model and, while reading
// goes on, the added ones.
class Vocabulary {
 public:
  using Map = std::unordered_map<std::string, int32_t, TextHash, std::equal_to<>>;

  // Reads the `vocab` of a model. Throws Error when an id is no id or stands twice.
  static Vocabulary read(const JsonPart& part);

  std::optional<int32_t> find(std::string_view token) const;
  const Map& ids() const { return ids_; }
  int32_t size() const { return size_; }  // one more than the largest id

  // REQUIRES: the token is not yet in the vocabulary.
  void add(std::string token, int32_t id);

 private:
  Map ids_;
  int32_t size_ = 0;
};

}  // namespace e2lm
