#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/manifest/token_rules.h"
#include "harness/store/store.h"

// What a store remembers of tasks that were made ready: which request set they became. Where its
// cells are all done, nothing of the task need be encoded to find that out; long prompts of
// thousands of documents take minutes.

namespace e2lm {

// What a request set depends on.
struct RequestSource {
  std::string content_sha256;  // of the task's texts
  std::string tokenizer_sha256;
  TokenRules rules;
  int64_t max_positions = 0;  // 0: requests are neither cut nor rolled

  std::string sha256() const;
};

// The request set that this became; none if that is not known, or the set is damaged. Another
// program, or the same one with other libraries, may encode otherwise, and knows nothing of it.
std::optional<int64_t> known_request_set(const Store& store, const RequestSource& source);

void remember_request_set(Store& store, const RequestSource& source, std::string_view sha256);

}  // namespace e2lm
