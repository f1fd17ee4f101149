#include "engine/tokenizer/bpe.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/tokenizer/byte_level.h"
#include "engine/tokenizer/unicode.h"

namespace e2lm {
namespace {

constexpr int32_t kAbsent = -1;

}  // namespace

void Bpe::require(const JsonPart& model) {
  if (const auto type = model.find("type")) type->choice({"BPE"});
  model.expect_keys({"type", "dropout", "unk_token", "continuing_subword_prefix",
                     "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges", "vocab",
                     "merges"});
  if (const auto dropout = model.find("dropout")) {
    const bool none = dropout->value().is_number() && dropout->value().get<double>() == 0;
    if (!none) throw dropout->error("dropout is not supported, it makes ids random", "null");
  }
  for (const auto key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    const auto affix = model.find(key);
    if (affix && !affix->text().empty()) throw affix->error("an affix is not supported", "null");
  }
}

Bpe::Bpe(Merges merges, const Vocabulary& vocabulary, bool takes_bytes)
    : merges_(std::move(merges)), takes_bytes_(takes_bytes) {
  byte_ids_.fill(kAbsent);
  fallback_ids_.fill(kAbsent);
  words_.reserve(vocabulary.ids().size());
  for (const auto& [token, id] : vocabulary.ids()) {
    // A token that is not spelled in symbols is no piece and no part of one.
    const auto word = takes_bytes ? symbols_to_bytes(token) : token;
    if (!word || word->empty()) continue;
    words_.try_emplace(*word, id);
    longest_word_ = std::max(longest_word_, word->size());
    if (word->size() == 1) byte_ids_[static_cast<unsigned char>(word->front())] = id;
  }
}

Bpe Bpe::read(const JsonPart& model, const Vocabulary& vocabulary, bool takes_bytes) {
  Bpe bpe(Merges::read(model.at("merges"), vocabulary), vocabulary, takes_bytes);
  bpe.ignore_merges_ = model.flag_or("ignore_merges", false);
  bpe.fuse_unknown_ = model.flag_or("fuse_unk", false);
  if (const auto unknown = model.find("unk_token")) {
    bpe.unknown_ = unknown->text();
    bpe.unknown_where_ = unknown->where();
    bpe.unknown_id_ = vocabulary.find(unknown->text());
  }
  if (model.flag_or("byte_fallback", false)) {
    for (size_t byte = 0; byte < bpe.fallback_ids_.size(); ++byte) {
      bpe.fallback_ids_[byte] = vocabulary.find(fmt::format("<0x{:02X}>", byte)).value_or(kAbsent);
    }
  }
  return bpe;
}

void Bpe::encode(std::string_view piece, std::vector<int32_t>& ids) const {
  const Word* word = find(piece);
  if (word && (ignore_merges_ || word->reached.load(std::memory_order_relaxed) == Reached::yes)) {
    ids.push_back(word->id);
    return;
  }
  const size_t first = ids.size();
  append_characters(piece, ids);
  merges_.apply(ids, first);
  if (!word) return;
  const bool reached = ids.size() == first + 1 && ids.back() == word->id;
  word->reached.store(reached ? Reached::yes : Reached::no, std::memory_order_relaxed);
}

const Bpe::Word* Bpe::find(std::string_view piece) const {
  if (piece.size() > longest_word_) return nullptr;
  const auto found = words_.find(piece);
  return found == words_.end() ? nullptr : &found->second;
}

void Bpe::append_characters(std::string_view piece, std::vector<int32_t>& ids) const {
  bool unknown_waits = false;
  std::string symbol;
  for (size_t at = 0; at < piece.size();) {
    const size_t begin = at;
    int32_t id = kAbsent;
    if (takes_bytes_ || static_cast<signed char>(piece[at]) >= 0) {
      id = byte_ids_[static_cast<unsigned char>(piece[at++])];
    } else {
      decode_utf8(piece, at);
      if (const Word* word = find(piece.substr(begin, at - begin))) id = word->id;
    }
    if (id != kAbsent) {
      if (unknown_waits) ids.push_back(unknown_id());
      unknown_waits = false;
      ids.push_back(id);
      continue;
    }
    symbol = piece.substr(begin, at - begin);
    if (takes_bytes_) append_symbols(symbol = "", piece.substr(begin, 1));
    // An unknown token that waits to be fused comes behind the bytes, as in the original.
    if (append_fallback(symbol, ids) || !unknown_) continue;
    if (unknown_waits && !fuse_unknown_) ids.push_back(unknown_id());
    unknown_waits = true;
  }
  if (unknown_waits) ids.push_back(unknown_id());
}

bool Bpe::append_fallback(std::string_view symbol, std::vector<int32_t>& ids) const {
  const auto id = [this](char byte) { return fallback_ids_[static_cast<unsigned char>(byte)]; };
  if (std::ranges::any_of(symbol, [&](char byte) { return id(byte) == kAbsent; })) return false;
  for (const char byte : symbol) ids.push_back(id(byte));
  return true;
}

int32_t Bpe::unknown_id() const {
  if (unknown_id_) return *unknown_id_;
  throw Error(unknown_where_, fmt::format("'{}' is needed but not in the vocabulary", *unknown_));
}

}  // namespace e2lm
