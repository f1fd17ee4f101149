#pragma once

#include <memory>
#include <string>

#include "engine/tokenizer/json_part.h"

namespace e2lm {

// A rewriting of the text before it is cut into pieces: a normal form, lower case, replacements.
class Normalizer {
 public:
  virtual ~Normalizer() = default;

  // REQUIRES: valid UTF-8; keeps it so.
  virtual void apply(std::string& text) const = 0;
};

// The `normalizer` of a tokenizer.json. Throws Error naming a part that is not supported.
std::unique_ptr<Normalizer> read_normalizer(const JsonPart& part);

}  // namespace e2lm
