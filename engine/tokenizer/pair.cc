#include "engine/tokenizer/pair.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "base/error.h"
#include "engine/tokenizer/unicode.h"

namespace e2lm {
namespace {

using Ids = std::vector<int32_t>;

// The text without the white space at its end: Python's str.rstrip(). REQUIRES: valid UTF-8.
std::string_view without_trailing_space(std::string_view text) {
  size_t end = 0;
  for (size_t at = 0; at < text.size();) {
    if (!is_python_space(decode_utf8(text, at))) end = at;
  }
  return text.substr(0, end);
}

// The prefix token as context. Where the continuation begins with it already, it is that one,
// unless nothing would be left to score.
TokenPair after_prefix(const Tokenizer& tokenizer, Ids continuation) {
  const int32_t prefix = prefix_token(tokenizer);
  const bool has_prefix = continuation.size() > 1 && continuation.front() == prefix;
  if (has_prefix) continuation.erase(continuation.begin());
  return {{prefix}, std::move(continuation), true};
}

TokenPair cut_pair(const Tokenizer& tokenizer, std::string_view context, const std::string& joined,
                   SpecialTokens special) {
  Ids whole = tokenizer.encode(joined, special);
  TokenPair pair;
  pair.context = tokenizer.encode(context, special);
  if (pair.context.empty()) return after_prefix(tokenizer, std::move(whole));
  const size_t cut = pair.context.size();
  if (whole.size() > cut) {
    pair.prefix_kept = std::equal(pair.context.begin(), pair.context.end(), whole.begin());
    pair.continuation.assign(whole.begin() + static_cast<std::ptrdiff_t>(cut), whole.end());
  } else {
    pair.prefix_kept = false;
    pair.continuation = tokenizer.encode(joined.substr(context.size()), SpecialTokens::omit);
  }
  return pair;
}

TokenPair separate_pair(const Tokenizer& tokenizer, std::string_view context,
                        std::string_view continuation, SpecialTokens special) {
  Ids ids = tokenizer.encode(continuation, SpecialTokens::omit);
  Ids before = context.empty() ? Ids() : tokenizer.encode(context, special);
  if (before.empty()) return after_prefix(tokenizer, std::move(ids));
  return {std::move(before), std::move(ids), true};
}

}  // namespace

int32_t prefix_token(const Tokenizer& tokenizer) {
  if (const auto token = tokenizer.prefix()) return *token;
  throw Error("empty context", "no token can stand for it",
              "a bos_token or eos_token in tokenizer_config.json or special_tokens_map.json");
}

TokenPair encode_pair(const Tokenizer& tokenizer, std::string_view context,
                      std::string_view continuation, SpecialTokens special, Joining joining) {
  require_utf8(context);
  require_utf8(continuation);
  TokenPair pair;
  std::string_view scored = continuation;
  const std::string joined = std::string(context).append(continuation);
  if (joining == Joining::separate) {
    pair = separate_pair(tokenizer, context, continuation, special);
  } else if (context.empty()) {
    // After nothing but the prefix token the newer rule adds no other special tokens.
    const bool bare = special == SpecialTokens::add_once;
    pair = after_prefix(tokenizer, tokenizer.encode(joined, bare ? SpecialTokens::omit : special));
  } else {
    context = without_trailing_space(context);
    scored = std::string_view(joined).substr(context.size());
    pair = cut_pair(tokenizer, context, joined, special);
  }
  if (pair.continuation.empty()) {
    throw Error("continuation",
                scored.empty() ? "is empty" : fmt::format("'{}' has no tokens", scored));
  }
  return pair;
}

}  // namespace e2lm
