#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/tokenizer/json_part.h"

namespace e2lm {

// The template that a text's ids are put into: special tokens before and behind them.
class PostProcessor {
 public:
  // The `post_processor` of a tokenizer.json; `size` is one more than the largest token id.
  // Throws Error naming a part that is not supported, or an id that is no token's.
  static PostProcessor read(const std::optional<JsonPart>& part, int32_t size);

  // The ids in their template. Without special tokens the template loses only those.
  std::vector<int32_t> apply(std::vector<int32_t> ids, bool special) const;

  // Whether special tokens stand before the text.
  bool opens_with_special() const;
  // This token, then the text.
  static PostProcessor opening_with(int32_t token);

  // A place in a template.
  struct Slot {
    bool is_text = false;          // the ids of the text stand here
    std::vector<int32_t> special;  // else these
  };

 private:
  std::optional<std::vector<Slot>> template_;
};

}  // namespace e2lm
