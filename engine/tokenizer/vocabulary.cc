#include "engine/tokenizer/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace e2lm {

Vocabulary Vocabulary::read(const JsonPart& part) {
  Vocabulary vocabulary;
  std::unordered_set<int32_t> seen;
  vocabulary.ids_.reserve(part.value().size());
  part.expect_object();
  for (const auto& [token, value] : part.value().items()) {
    const auto id = token_id(value);
    if (!id) part.at(token).id();  // throws
    if (!seen.insert(*id).second) {
      throw part.at(token).error(fmt::format("{} is the id of another token", *id));
    }
    vocabulary.add(token, *id);
  }
  return vocabulary;
}

std::optional<int32_t> Vocabulary::find(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

void Vocabulary::add(std::string token, int32_t id) {
  ids_.emplace(std::move(token), id);
  size_ = std::max(size_, id + 1);
}

}  // namespace e2lm
