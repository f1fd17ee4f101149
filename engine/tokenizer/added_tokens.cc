#include "engine/tokenizer/added_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "engine/tokenizer/unicode.h"

namespace e2lm {
namespace {

bool ends_with_word(std::string_view text) {
  return !text.empty() && is_word(last_character(text));
}

bool starts_with_word(std::string_view text) {
  size_t at = 0;
  return !text.empty() && is_word(decode_utf8(text, at));
}

// Where the white space before `at` begins, not looking back beyond `floor`.
size_t white_space_before(std::string_view text, size_t at, size_t floor) {
  while (at > floor) {
    size_t begin = at - 1;
    while ((text[begin] & 0xC0) == 0x80) --begin;  // back over continuation bytes
    if (!is_white_space(last_character(text.substr(0, at)))) break;
    at = begin;
  }
  return at;
}

// Where the white space behind `at` ends.
size_t white_space_behind(std::string_view text, size_t at) {
  for (size_t next = at; at < text.size(); at = next) {
    if (!is_white_space(decode_utf8(text, next))) break;
  }
  return at;
}

AddedToken read_token(const JsonPart& part) {
  part.expect_keys({"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
  part.at("special").flag();  // says how to decode
  return {.content = part.at("content").text(),
          .single_word = part.at("single_word").flag(),
          .lstrip = part.at("lstrip").flag(),
          .rstrip = part.at("rstrip").flag(),
          .normalized = part.at("normalized").flag()};
}

std::string for_two(std::string_view content) {
  return fmt::format("'{}' stands for two added tokens", content);
}

}  // namespace

bool TokenFinder::add(AddedToken token) {
  const auto new_node = [this] {
    nodes_.emplace_back();
    return static_cast<int32_t>(nodes_.size()) - 1;
  };
  int32_t& root = roots_[static_cast<unsigned char>(token.content[0])];
  if (root == kNone) root = new_node();
  int32_t node = root;
  for (const char byte : std::string_view(token.content).substr(1)) {
    int32_t next = step(node, byte);
    if (next == kNone) {
      next = new_node();
      nodes_[static_cast<size_t>(node)].next.emplace_back(byte, next);
    }
    node = next;
  }
  int32_t& end = nodes_[static_cast<size_t>(node)].token;
  if (end != kNone) return false;
  end = static_cast<int32_t>(tokens_.size());
  tokens_.push_back(std::move(token));
  return true;
}

int32_t TokenFinder::step(int32_t node, char byte) const {
  const auto& next = nodes_[static_cast<size_t>(node)].next;
  const auto found = std::ranges::find(next, byte, &std::pair<char, int32_t>::first);
  return found == next.end() ? kNone : found->second;
}

const AddedToken* TokenFinder::longest_at(std::string_view text, size_t at) const {
  const AddedToken* longest = nullptr;
  int32_t node = roots_[static_cast<unsigned char>(text[at])];
  while (node != kNone) {
    const int32_t token = nodes_[static_cast<size_t>(node)].token;
    if (token != kNone) longest = &tokens_[static_cast<size_t>(token)];
    if (++at == text.size()) break;
    node = step(node, text[at]);
  }
  return longest;
}

std::vector<Stretch> TokenFinder::cut(std::string_view text) const {
  std::vector<Stretch> stretches;
  size_t done = 0;  // the end of the last token with the white space it took
  for (size_t at = 0; at < text.size();) {
    const AddedToken* token = longest_at(text, at);
    if (!token) {
      ++at;
      continue;
    }
    Span span = {at, at + token->content.size()};
    at = span.end;  // a token that is refused below hides those inside it
    if (token->single_word &&
        (ends_with_word(text.substr(0, span.begin)) || starts_with_word(text.substr(span.end)))) {
      continue;
    }
    // Between the end of the last token and `done` is nothing but white space, and none behind.
    if (token->lstrip) span.begin = white_space_before(text, std::max(span.begin, done), done);
    if (token->rstrip) span.end = span.end < done ? done : white_space_behind(text, span.end);
    if (span.begin >= span.end) continue;  // it lies in white space that is taken already
    if (done < span.begin) stretches.push_back({{done, span.begin}, std::nullopt});
    stretches.push_back({span, token->id});
    done = span.end;
  }
  if (done != text.size()) stretches.push_back({{done, text.size()}, std::nullopt});
  return stretches;
}

AddedTokens AddedTokens::read(const std::optional<JsonPart>& part, Vocabulary& vocabulary) {
  AddedTokens added;
  // As the original counts: tokens, not ids. Where ids have gaps this one can be taken.
  added.next_id_ = static_cast<int32_t>(vocabulary.ids().size());
  if (!part) return added;
  std::unordered_set<int32_t> stated;
  for (const JsonPart& item : part->items()) {
    AddedToken token = read_token(item);
    const JsonPart id = item.at("id");
    if (!stated.insert(id.id()).second) {
      throw id.error(fmt::format("{} is the id of another token", id.id()));
    }
    const JsonPart content = item.at("content");
    if (added.holds(token.content)) throw Error(content.where(), for_two(token.content));
    added.declare({std::move(token), content.where()}, vocabulary);
  }
  // Those declared later come behind all of these, be they of the vocabulary.
  for (const auto& [token, where] : added.tokens_) {
    added.next_id_ = std::max(added.next_id_, token.id + 1);
  }
  return added;
}

bool AddedTokens::declare(DeclaredToken declared, Vocabulary& vocabulary) {
  AddedToken& token = declared.token;
  if (token.content.empty()) return false;  // is never found
  const auto known = vocabulary.find(token.content);
  token.id = known ? *known : next_id_++;
  if (!known) vocabulary.add(token.content, token.id);

  const auto [place, is_new] = places_.try_emplace(token.content, tokens_.size());
  if (is_new) {
    tokens_.push_back(std::move(declared));
  } else if (tokens_[place->second].token == token) {
    return false;
  } else {
    tokens_[place->second] = std::move(declared);
  }
  return true;
}

TokenFinder AddedTokens::as_written() const {
  TokenFinder finder;
  for (const auto& [token, where] : tokens_) {
    if (!token.normalized) finder.add(token);  // each content is there once
  }
  return finder;
}

TokenFinder AddedTokens::normalized(const Normalizer* normalizer) const {
  TokenFinder finder;
  for (auto [token, where] : tokens_) {
    if (!token.normalized) continue;
    if (normalizer) normalizer->apply(token.content);
    if (token.content.empty()) throw Error(where, "nothing is left of it when normalized");
    if (!finder.add(token)) throw Error(where, for_two(token.content));
  }
  return finder;
}

}  // namespace e2lm
