#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "engine/tokenizer/pair.h"

namespace e2lm {

// How the texts of requests become tokens. The defaults are those of lm-evaluation-harness 0.4.9,
// which the E2LM competition used; its 0.4.13 adds the template's special tokens (`add_once`).
struct TokenRules {
  enum class TooLong { error, cut };  // cut: the last max_positions inputs stay, as the original

  SpecialTokens special = SpecialTokens::omit;
  Joining joining = Joining::joint;
  TooLong too_long = TooLong::error;

  // {"special_tokens": "omit", "joining": "joint", "too_long": "error"}, for results.
  Json json() const;
  std::string describe() const;  // for people; empty if these are the defaults
};

// By the names that json() writes. Throws Error naming `where` for another word.
SpecialTokens special_tokens_named(const std::string& name, const std::string& where);
Joining joining_named(const std::string& name, const std::string& where);
TokenRules::TooLong too_long_named(const std::string& name, const std::string& where);

}  // namespace e2lm
