#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace e2lm {

// A context and the continuation to score, as ids; neither is empty.
struct TokenPair {
  std::vector<int32_t> context;
  std::vector<int32_t> continuation;
  // False when encode(context) is no prefix of encode(context + continuation): a token spans the
  // join, and the ids scored are not the ones that would follow the context's own.
  bool prefix_kept = true;
};

// How a context and its continuation become ids.
//   joint     both encoded together, the result cut at the length of the context's own ids
//             (lm-evaluation-harness)
//   separate  each encoded on its own (OLMo's in-loop evaluation)
enum class Joining { joint, separate };

// Joins a context and a continuation; `joint` as lm-evaluation-harness does (`_encode_pair`):
// trailing white space of the context (Python's str.rstrip) moves to the front of the
// continuation, both are encoded together, and the result is cut at len(encode(context)).
// `separate` moves nothing, and gives special tokens to the context alone.
//
// Where a token spans the join the cut can leave an empty continuation, on which the original
// dies. Here the continuation is then encoded on its own, without the template's special tokens,
// so that there is something to score; prefix_kept is false.
//
// An empty context stands for the prefix token: BOS if the tokenizer names one, else EOS. A
// continuation that begins with that token already gives it to the context, unless nothing would
// be left. A context of white space is none of these: what is left of it after the move is encoded
// with the template's special tokens, be they BOS and EOS. If it has no tokens, as where nothing
// is added, the prefix token stands for it, too.
//
// Throws Error if there is no prefix token, or if the continuation is empty or has no tokens.
TokenPair encode_pair(const Tokenizer& tokenizer, std::string_view context,
                      std::string_view continuation, SpecialTokens special,
                      Joining joining = Joining::joint);

// The same for pairs one after another. A context that follows itself, as it does with the choices
// of a question, is encoded once: three eighths of the work where it is long.
class PairEncoder {
 public:
  // Keeps a reference to the tokenizer.
  PairEncoder(const Tokenizer& tokenizer, SpecialTokens special, Joining joining)
      : tokenizer_(tokenizer), special_(special), joining_(joining) {}

  TokenPair encode(std::string_view context, std::string_view continuation);

 private:
  TokenPair cut(std::string_view context, const std::string& joined);
  TokenPair separate(std::string_view context, std::string_view continuation);
  TokenPair after_prefix(std::vector<int32_t> continuation) const;
  const std::vector<int32_t>& ids_of(std::string_view context);

  const Tokenizer& tokenizer_;
  SpecialTokens special_;
  Joining joining_;
  std::string context_;               // the latest that was encoded
  std::vector<int32_t> context_ids_;  // empty: none was
};

// BOS if the tokenizer names one, else EOS: what stands for an empty context. Throws Error if there
// is neither.
int32_t prefix_token(const Tokenizer& tokenizer);

}  // namespace e2lm
