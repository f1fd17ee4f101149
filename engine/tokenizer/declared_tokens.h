#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/json_part.h"

namespace e2lm {

// What the files beside a tokenizer.json say of its tokens, as transformers 5.23 reads them:
//
//   tokenizer_config.json    bos_token, eos_token and five others by name; any other "…_token";
//                            extra_special_tokens (a list, or names and tokens), formerly
//                            additional_special_tokens; added_tokens_decoder
//   special_tokens_map.json  the named and extra ones: goes before tokenizer_config.json
//   added_tokens.json        tokens and ids
//
// The latter two are passed over where tokenizer_config.json has the key added_tokens_decoder. A
// named token is a string or {"content": "…", flags}. Stated ids give no more than an order.
struct DeclaredTokens {
  std::vector<DeclaredToken> listed;   // in the order of ids; each is added or takes a place
  std::vector<DeclaredToken> special;  // to be added where none of those before has its text
  std::optional<DeclaredToken> bos;    // these two are among the special ones
  std::optional<DeclaredToken> eos;

  // Of the files in `folder`; `file` is the tokenizer.json. Throws Error naming file and part,
  // also where split_special_tokens asks for another tokenization, which is not supported.
  static DeclaredTokens read(const Path& folder, const JsonPart& file);
};

}  // namespace e2lm
