#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/tokenizer/pair.h"

namespace e2lm {

// The whole of a text, token by token, as lm-evaluation-harness rolls over it: windows of at most
// `max_inputs` inputs, every token scored in exactly one. The first window starts from the prefix
// token (BOS if the tokenizer names one, else EOS); a later one from the last token of the one
// before it, the last one from as many as fit. A text without tokens has no windows.
//
// Throws Error if the tokenizer has no prefix token.
// REQUIRES: max_inputs >= 1.
std::vector<TokenPair> rolling_windows(const Tokenizer& tokenizer, std::string_view text,
                                       int64_t max_inputs, SpecialTokens special);

}  // namespace e2lm
