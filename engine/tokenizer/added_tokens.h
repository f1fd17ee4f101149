#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/tokenizer/json_part.h"
#include "engine/tokenizer/normalizer.h"
#include "engine/tokenizer/span.h"
#include "engine/tokenizer/vocabulary.h"

namespace e2lm {

// A token that is found in the text as such, before anything else looks at the text.
struct AddedToken {
  std::string content;  // as it is looked for: normalized if the token is
  int32_t id = 0;
  bool single_word = false;  // only between characters that are no word characters
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // takes the white space behind it
  bool normalized = true;    // is looked for in the normalized text

  bool operator==(const AddedToken&) const = default;
};

// An added token as a file declares it, without an id: that is the vocabulary's or the next one.
struct DeclaredToken {
  AddedToken token;
  std::string where;  // file and key path
};

// A stretch of text: an added token, or what lies between two.
struct Stretch {
  Span span;
  std::optional<int32_t> id;
};

// Looks for many tokens at once: the leftmost, of those the longest.
class TokenFinder {
 public:
  TokenFinder() { roots_.fill(kNone); }

  // False when a token with this content is there already. REQUIRES: the content is not empty.
  bool add(AddedToken token);

  // The text in stretches, none of them empty. They cover it, but for the white space that
  // neighbouring tokens both take, which can be in two.
  std::vector<Stretch> cut(std::string_view text) const;

 private:
  static constexpr int32_t kNone = -1;

  struct Node {
    int32_t token = kNone;
    std::vector<std::pair<char, int32_t>> next;
  };

  int32_t step(int32_t node, char byte) const;
  const AddedToken* longest_at(std::string_view text, size_t at) const;

  std::vector<AddedToken> tokens_;
  std::vector<Node> nodes_;
  std::array<int32_t, 256> roots_;  // the node of each first byte
};

// The `added_tokens` of a tokenizer.json, and those that other files declare.
class AddedTokens {
 public:
  // Those of a tokenizer.json. A token has the id of the vocabulary or else the next one, whatever
  // id the file states: so does the original, and that is where a model's training text came from.
  // Tokens that the vocabulary lacks are added to it. Throws Error when two state one id or have
  // one content.
  static AddedTokens read(const std::optional<JsonPart>& part, Vocabulary& vocabulary);

  // Adds a token in the same way, or puts it in the place of the one with its content. Returns
  // whether that changed anything.
  bool declare(DeclaredToken declared, Vocabulary& vocabulary);

  bool holds(const std::string& content) const { return places_.contains(content); }

  // The finder of the tokens looked for in the raw text, and that of those looked for in the
  // normalized text between them. Throws Error when two are looked for alike.
  TokenFinder as_written() const;
  TokenFinder normalized(const Normalizer* normalizer) const;

 private:
  std::vector<DeclaredToken> tokens_;
  std::unordered_map<std::string, size_t> places_;  // in the tokens, by content
  int32_t next_id_ = 0;
};

}  // namespace e2lm
