#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/tokenizer/json_part.h"
#include "engine/tokenizer/pieces.h"

namespace e2lm {

// How text is cut into the pieces that the merges never cross.
class PreTokenizer {
 public:
  // The `pre_tokenizer` of a tokenizer.json; without one the text is one piece. `normalized` says
  // that a normalizer has gone over the text. Throws Error naming a part that is not supported.
  static PreTokenizer read(const std::optional<JsonPart>& part, bool normalized);

  PreTokenizer(PreTokenizer&&) noexcept;
  ~PreTokenizer();

  void apply(Pieces& pieces) const;

  // Whether pieces come out as plain bytes that stand for the symbols of a byte-level vocabulary
  // (byte_level.h). That spares spelling them out where ByteLevel is the last step.
  bool gives_bytes() const { return gives_bytes_; }

  class Step;

 private:
  explicit PreTokenizer(std::vector<std::unique_ptr<Step>> steps);

  std::vector<std::unique_ptr<Step>> steps_;
  bool gives_bytes_ = false;
};

}  // namespace e2lm
