#include "engine/tokenizer/rolling.h"

#include <algorithm>

namespace e2lm {

std::vector<TokenPair> rolling_windows(const Tokenizer& tokenizer, std::string_view text,
                                       int64_t max_inputs, SpecialTokens special) {
  const std::vector<int32_t> ids = tokenizer.encode(text, special);
  if (ids.empty()) return {};
  const auto count = std::ssize(ids);
  const int64_t first = std::min(max_inputs, count);
  std::vector<TokenPair> windows = {
      {{prefix_token(tokenizer)}, {ids.begin(), ids.begin() + first}}};
  for (int64_t done = first; done < count;) {
    const int64_t scored = std::min(count - done, max_inputs);
    const int64_t end = done + scored;
    // Inputs are the max_inputs tokens before the last scored one.
    const int64_t begin = std::max<int64_t>(0, end - 1 - max_inputs);
    windows.push_back(
        {{ids.begin() + begin, ids.begin() + done}, {ids.begin() + done, ids.begin() + end}});
    done = end;
  }
  return windows;
}

}  // namespace e2lm
