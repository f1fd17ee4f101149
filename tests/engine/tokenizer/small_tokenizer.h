#pragma once

#include <string>

#include "base/json.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/scratch.h"

namespace e2lm {

// A small tokenizer.json to change in a test: characters a, b, c and the space, two merges, one
// added token, no normalizer, pre-tokenizer or template.
inline Json small_tokenizer() {
  return parse_json(R"({
      "version": "1.0",
      "truncation": null,
      "padding": null,
      "added_tokens": [
        {"id": 6, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
         "normalized": false, "special": true}
      ],
      "normalizer": null,
      "pre_tokenizer": null,
      "post_processor": null,
      "decoder": null,
      "model": {
        "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
        "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
        "ignore_merges": false,
        "vocab": {"a": 0, "b": 1, "c": 2, " ": 3, "ab": 4, "abc": 5},
        "merges": [["a", "b"], ["ab", "c"]]
      }
    })",
                    "small tokenizer");
}

inline Json added_token(int id, const std::string& content) {
  return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", false}};
}

// The tokenizer that a file with this content gives.
inline Tokenizer read_tokenizer(const Json& file) {
  const Scratch scratch;
  return Tokenizer::read(scratch.write("tokenizer.json", file.dump()));
}

using Ids = std::vector<int32_t>;

inline Ids encode(const Json& file, std::string_view text) {
  return read_tokenizer(file).encode(text, SpecialTokens::omit);
}

}  // namespace e2lm
