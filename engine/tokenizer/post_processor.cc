#include "engine/tokenizer/post_processor.h"

#include <fmt/format.h>

namespace e2lm {
namespace {

using Slot = PostProcessor::Slot;

Slot read_special(const JsonPart& part, const JsonPart& special_tokens, int32_t size) {
  part.expect_keys({"id", "type_id"});
  const JsonPart name = part.at("id");
  const auto token = special_tokens.find(name.text());
  if (!token) throw name.error(fmt::format("'{}' is not in special_tokens", name.text()));
  token->expect_keys({"id", "ids", "tokens"});
  Slot slot;
  for (const JsonPart& item : token->at("ids").items()) {
    slot.special.push_back(item.id());
    if (item.id() >= size) throw item.error(fmt::format("{} is no token's id", item.id()));
  }
  return slot;
}

Slot read_slot(const JsonPart& part, const JsonPart& special_tokens, int32_t size) {
  part.expect_keys({"SpecialToken", "Sequence"});
  if (const auto special = part.find("SpecialToken")) {
    return read_special(*special, special_tokens, size);
  }
  const JsonPart text = part.at("Sequence");
  text.expect_keys({"id", "type_id"});
  text.at("id").choice({"A"});  // B is the second text of a pair
  return {.is_text = true};
}

constexpr size_t kMostIds = 1000;  // that a template may add to a text, each place of it counted

std::vector<Slot> read_template(const JsonPart& part, int32_t size) {
  part.expect_keys({"type", "single", "pair", "special_tokens"});
  std::vector<Slot> slots;
  size_t ids = 0;
  for (const JsonPart& item : part.at("single").items()) {
    slots.push_back(read_slot(item, part.at("special_tokens"), size));
    ids += slots.back().is_text ? 1 : slots.back().special.size();
    if (ids > kMostIds) {
      throw item.error("the template has too many tokens", fmt::format("at most {}", kMostIds));
    }
  }
  return slots;
}

}  // namespace

PostProcessor PostProcessor::read(const std::optional<JsonPart>& part, int32_t size) {
  PostProcessor post_processor;
  if (!part) return post_processor;
  switch (part->at("type").choice({"ByteLevel", "TemplateProcessing", "Sequence"})) {
    case 0:  // trims offsets, which nobody asks for here
      part->expect_keys({"type", "add_prefix_space", "trim_offsets", "use_regex"});
      break;
    case 1:
      post_processor.template_ = read_template(*part, size);
      break;
    default:
      part->expect_keys({"type", "processors"});
      for (const JsonPart& item : part->at("processors").items()) {
        PostProcessor next = read(item, size);
        if (!next.template_) continue;
        if (post_processor.template_) throw item.error("a second template is not supported");
        post_processor = std::move(next);
      }
  }
  return post_processor;
}

std::vector<int32_t> PostProcessor::apply(std::vector<int32_t> ids, bool special) const {
  if (!template_) return ids;
  std::vector<int32_t> filled;
  for (const Slot& slot : *template_) {
    const auto& source = slot.is_text ? ids : slot.special;
    if (slot.is_text || special) filled.insert(filled.end(), source.begin(), source.end());
  }
  return filled;
}

bool PostProcessor::opens_with_special() const {
  if (!template_ || template_->empty()) return false;
  const Slot& first = template_->front();
  return !first.is_text && !first.special.empty();
}

PostProcessor PostProcessor::opening_with(int32_t token) {
  PostProcessor post_processor;
  post_processor.template_ = {{.special = {token}}, {.is_text = true}};
  return post_processor;
}

}  // namespace e2lm
