#include "tasks/prompt/prompt.h"

#include <fmt/format.h>

#include "tasks/template/unicode.h"

namespace e2lm {
namespace {

bool begins_with_space(const std::string& text) {
  size_t at = 0;
  return !text.empty() && jinja::is_space(jinja::next_character(text, at));
}

bool ends_with_space(const std::string& text) {
  if (text.empty()) return false;
  size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
  return jinja::is_space(jinja::next_character(text, at));
}

// The delimiter only where both sides have text and neither has white space at the join.
std::string join(const std::string& before, const std::string& after,
                 const std::string& delimiter) {
  if (before.empty() || after.empty()) return before + after;
  const bool spaced = ends_with_space(before) || begins_with_space(after);
  return before + (spaced ? "" : delimiter) + after;
}

// A text and the beginning of its answer.
std::string question(const std::string& text, const std::string& prefix,
                     const std::string& delimiter) {
  return prefix.empty() ? text : join(text, prefix, delimiter);
}

// True and False count as 1 and 0.
bool is_index(const Json& value) {
  return value.is_number_integer() || value.is_boolean();
}

}  // namespace

PromptBuilder::PromptBuilder(const Task& task, const DocumentFields& fields, Options options)
    : task_(task), fields_(fields), options_(std::move(options)) {
  if (options_.shots > 0) {
    sampler_.emplace(task, options_.absent_is_null, options_.seed, options_.draw);
  }
}

std::vector<std::string> PromptBuilder::contexts(const Document& document, int64_t doc_id,
                                                 const std::vector<std::string>& choices,
                                                 bool multiple_input) {
  const std::string before = opening(document, doc_id, multiple_input);
  const std::string prefix = fields_.phrase(document, task_.gen_prefix);
  if (multiple_input) {
    std::vector<std::string> contexts;
    for (const std::string& choice : choices) {
      contexts.push_back(before + question(choice, prefix, ""));
    }
    return contexts;
  }
  const Json text = fields_.text(document);
  if (!text.is_string()) fields_.fail(document, "doc_to_text is " + text.dump(), "text");
  return {before + question(text.get<std::string>(), prefix, task_.target_delimiter)};
}

std::string PromptBuilder::opening(const Document& document, int64_t doc_id, bool multiple_input) {
  std::string text = join(options_.system_instruction, fields_.phrase(document, task_.description),
                          task_.fewshot_delimiter);
  if (!sampler_) return text;
  for (const Document* shot : sampler_->draw(options_.shots, document, doc_id)) {
    text += example(*shot, multiple_input);
  }
  return text;
}

std::string PromptBuilder::example(const Document& document, bool multiple_input) const {
  const Task::FewShot& few = task_.few_shot;
  const auto& choice_field = few.doc_to_choice ? few.doc_to_choice : task_.doc_to_choice;
  Json text = fields_.text(document, few.doc_to_text ? *few.doc_to_text : *task_.doc_to_text);
  Json answer =
      fields_.target(document, few.doc_to_target ? *few.doc_to_target : *task_.doc_to_target);
  if (choice_field) {
    Json& index = multiple_input ? text : answer;
    if (is_index(index)) index = choice(document, fields_.choices(document, *choice_field), index);
  }
  if (answer.is_array() && !answer.empty()) answer = Json(answer[0]);
  if (!text.is_string()) fields_.fail(document, "doc_to_text is " + text.dump(), "text");
  const std::string prefix =
      fields_.phrase(document, few.gen_prefix ? *few.gen_prefix : task_.gen_prefix);
  const std::string asked = question(text.get<std::string>(), prefix, few.target_delimiter);
  if (answer.is_null() || answer == "") return asked;  // as the original leaves it
  if (!answer.is_string()) {
    fields_.fail(document, "the answer of the example is " + answer.dump(), "text");
  }
  const auto& answered = answer.get_ref<const std::string&>();
  return asked +
         (prefix.empty() ? few.target_delimiter + answered
                         : join(prefix, answered, " ").substr(prefix.size())) +
         few.fewshot_delimiter;
}

std::string PromptBuilder::choice(const Document& document, const std::vector<std::string>& choices,
                                  const Json& index) const {
  const int64_t given = index.is_boolean() ? int64_t{index.get<bool>()} : index.get<int64_t>();
  const int64_t i = given < 0 ? given + std::ssize(choices) : given;  // as Python counts
  if (i < 0 || i >= std::ssize(choices)) {
    fields_.fail(document, fmt::format("choice {} is asked for", given),
                 fmt::format("one of the {} there are", choices.size()));
  }
  return choices[i];
}

}  // namespace e2lm
