#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/tokenizer/json_part.h"
#include "engine/tokenizer/merges.h"
#include "engine/tokenizer/vocabulary.h"

namespace e2lm {

// Byte-pair encoding: a piece of text starts as the tokens of its characters and is merged.
// Encoding is const and safe from several threads.
class Bpe {
 public:
  // Refuses a `model` of a tokenizer.json that is another one than this, naming what differs.
  static void require(const JsonPart& model);

  // REQUIRES: what require() asks, and the model's own vocabulary. `takes_bytes` says that pieces
  // come as plain bytes, each standing for its symbol in the vocabulary (byte_level.h); else they
  // come as they are spelled. Throws Error naming a broken part.
  static Bpe read(const JsonPart& model, const Vocabulary& vocabulary, bool takes_bytes);

  // Appends the ids of one piece. REQUIRES: not empty.
  void encode(std::string_view piece, std::vector<int32_t>& ids) const;

 private:
  enum class Reached : uint8_t { unknown, yes, no };

  // A token that a whole piece can be. Whether the merges lead to it is found out when a piece
  // first asks; every thread finds the same, so it does not matter which one writes it down.
  struct Word {
    explicit Word(int32_t token) : id(token) {}

    int32_t id;
    mutable std::atomic<Reached> reached = Reached::unknown;
  };

  Bpe(Merges merges, const Vocabulary& vocabulary, bool takes_bytes);

  const Word* find(std::string_view piece) const;
  void append_characters(std::string_view piece, std::vector<int32_t>& ids) const;
  bool append_fallback(std::string_view symbol, std::vector<int32_t>& ids) const;
  int32_t unknown_id() const;

  Merges merges_;
  bool takes_bytes_;
  bool ignore_merges_ = false;
  bool fuse_unknown_ = false;
  std::string unknown_where_;  // file and key path of the name of the unknown token
  std::optional<std::string> unknown_;
  std::optional<int32_t> unknown_id_;

  std::unordered_map<std::string, Word, TextHash, std::equal_to<>> words_;
  size_t longest_word_ = 0;
  std::array<int32_t, 256> byte_ids_;      // of the symbol of each byte, or -1
  std::array<int32_t, 256> fallback_ids_;  // of <0x00> to <0xFF>, or -1
};

}  // namespace e2lm
