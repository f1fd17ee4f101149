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

}  // namespace

int32_t prefix_token(const Tokenizer& tokenizer) {
  if (const auto token = tokenizer.prefix()) return *token;
  throw Error("empty context", "no token can stand for it",
              "a bos_token or eos_token in tokenizer_config.json or special_tokens_map.json");
}

TokenPair encode_pair(const Tokenizer& tokenizer, std::string_view context,
                      std::string_view continuation, SpecialTokens special, Joining joining) {
  return PairEncoder(tokenizer, special, joining).encode(context, continuation);
}

TokenPair PairEncoder::encode(std::string_view context, std::string_view continuation) {
  require_utf8(context);
  require_utf8(continuation);
  TokenPair pair;
  std::string_view scored = continuation;
  const std::string joined = std::string(context).append(continuation);
  if (joining_ == Joining::separate) {
    pair = separate(context, continuation);
  } else if (context.empty()) {
    // After nothing but the prefix token the newer rule adds no other special tokens.
    const bool bare = special_ == SpecialTokens::add_once;
    pair = after_prefix(tokenizer_.encode(joined, bare ? SpecialTokens::omit : special_));
  } else {
    context = without_trailing_space(context);
    scored = std::string_view(joined).substr(context.size());
    pair = cut(context, joined);
  }
  if (pair.continuation.empty()) {
    throw Error("continuation",
                scored.empty() ? "is empty" : fmt::format("'{}' has no tokens", scored));
  }
  return pair;
}

TokenPair PairEncoder::cut(std::string_view context, const std::string& joined) {
  Ids whole = tokenizer_.encode(joined, special_);
  TokenPair pair{.context = ids_of(context)};
  if (pair.context.empty()) return after_prefix(std::move(whole));
  const size_t length = pair.context.size();
  if (whole.size() > length) {
    pair.prefix_kept = std::equal(pair.context.begin(), pair.context.end(), whole.begin());
    pair.continuation.assign(whole.begin() + static_cast<std::ptrdiff_t>(length), whole.end());
  } else {
    pair.prefix_kept = false;
    pair.continuation = tokenizer_.encode(joined.substr(context.size()), SpecialTokens::omit);
  }
  return pair;
}

TokenPair PairEncoder::separate(std::string_view context, std::string_view continuation) {
  Ids ids = tokenizer_.encode(continuation, SpecialTokens::omit);
  Ids before = context.empty() ? Ids() : ids_of(context);
  if (before.empty()) return after_prefix(std::move(ids));
  return {std::move(before), std::move(ids), true};
}

// The prefix token as context. Where the continuation begins with it already, it is that one,
// unless nothing would be left to score.
TokenPair PairEncoder::after_prefix(Ids continuation) const {
  const int32_t prefix = prefix_token(tokenizer_);
  const bool has_prefix = continuation.size() > 1 && continuation.front() == prefix;
  if (has_prefix) continuation.erase(continuation.begin());
  return {{prefix}, std::move(continuation), true};
}

const std::vector<int32_t>& PairEncoder::ids_of(std::string_view context) {
  if (context_ids_.empty() || context != context_) {
    context_ids_ = tokenizer_.encode(context, special_);
    context_ = context;
  }
  return context_ids_;
}

}  // namespace e2lm
