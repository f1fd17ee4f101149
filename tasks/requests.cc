#include "tasks/requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/hash.h"
#include "tasks/dataset/dataset.h"

namespace e2lm {
namespace {

Documents read_split(const Task& task, const std::string& split) {
  return Dataset::open({.files = task.data_files.at(split)}).read();
}

[[noreturn]] void fail(const Task& task, const Document& document, std::string_view what,
                       std::string_view expected = {}) {
  throw Error(document.where, fmt::format("task {}: {}", task.name, what), expected);
}

std::string text_of(const Task& task, const Document& document) {
  const Json text = task.doc_to_text->value(document);
  if (!text.is_string()) fail(task, document, "doc_to_text is " + text.dump(), "text");
  return text.get<std::string>();
}

std::vector<std::string> choices_of(const Task& task, const Document& document) {
  Json list = task.doc_to_choice->value(document);
  if (list.is_string()) list = parse_python_literal(list.get<std::string>(), document.where);
  if (!list.is_array() || list.size() < 2) {
    fail(task, document, "doc_to_choice is " + list.dump(), "a list of two or more texts");
  }
  std::vector<std::string> choices;
  for (const Json& item : list) {
    if (!item.is_string() || item.get_ref<const std::string&>().empty()) {
      fail(task, document, fmt::format("choice {} is {}", choices.size(), item.dump()),
           "a text that is not empty");
    }
    choices.push_back(item.get<std::string>());
  }
  return choices;
}

// The index of the gold choice: a number, digits, or the choice's own text.
int32_t gold_of(const Task& task, const Document& document,
                const std::vector<std::string>& choices) {
  const Json target = task.doc_to_target->value(document);
  int64_t gold = -1;
  if (target.is_number_integer()) {
    gold = target.get<int64_t>();
  } else if (target.is_string()) {
    const auto& text = target.get_ref<const std::string&>();
    const auto found = std::find(choices.begin(), choices.end(), text);
    const bool digits = !text.empty() && text.size() < 10 &&
                        text.find_first_not_of("0123456789") == std::string::npos;
    if (digits) {
      gold = std::stoll(text);
    } else if (found != choices.end()) {
      gold = found - choices.begin();
    }
  }
  if (gold < 0 || gold >= std::ssize(choices)) {
    fail(task, document, "the gold answer is " + target.dump(),
         fmt::format("one of the {} choices, by number from 0 or by text", choices.size()));
  }
  return static_cast<int32_t>(gold);
}

int64_t shots_of(const Task& task, const RequestOptions& options) {
  if (task.num_fewshot == 0) return 0;  // the original does not let the command line raise it
  return options.num_fewshot.value_or(task.num_fewshot.value_or(0));
}

// The first rows of the few-shot split, written out with their answers.
std::string few_shot_block(const Task& task, int64_t shots) {
  if (shots == 0) return "";
  if (task.fewshot_split.empty()) {
    throw Error(task.path.string(), fmt::format("{} few-shot examples are asked for", shots),
                "a fewshot_split to take them from");
  }
  const Documents pool = read_split(task, task.fewshot_split);
  if (shots > std::ssize(pool)) {
    throw Error(task.path.string(), fmt::format("{} few-shot examples are asked for", shots),
                fmt::format("at most the {} of the split '{}'", pool.size(), task.fewshot_split));
  }
  std::string block;
  for (int64_t i = 0; i < shots; ++i) {
    const auto choices = choices_of(task, pool[i]);
    block += text_of(task, pool[i]) + task.target_delimiter +
             choices[gold_of(task, pool[i], choices)] + task.fewshot_delimiter;
  }
  return block;
}

int64_t limited(int64_t documents, std::optional<double> limit) {
  if (!limit) return documents;
  const double count = *limit < 1 ? std::ceil(*limit * static_cast<double>(documents)) : *limit;
  return std::min(documents, static_cast<int64_t>(count));
}

}  // namespace

std::string TaskRequests::sha256() const {
  Sha256 hash;
  for (const Request& request : requests) {
    hash.add_field(request.context);
    hash.add_field(request.continuation);
  }
  for (const ItemShape& item : items) {
    hash.add_field(fmt::format("{} of {}", item.gold, item.choices.size()));
    for (const ItemShape::Choice& choice : item.choices) {
      hash.add_field(fmt::format("{} {}", choice.characters, choice.bytes));
    }
  }
  return hash.hex();
}

TaskRequests make_requests(const Task& task, const RequestOptions& options) {
  const Documents documents = read_split(task, task.test_split);
  const std::string opening = task.description + few_shot_block(task, shots_of(task, options));
  TaskRequests result{.task = task.name};
  const int64_t count = limited(std::ssize(documents), options.limit);
  for (int32_t doc_id = 0; doc_id < count; ++doc_id) {
    const Document& document = documents[doc_id];
    const std::vector<std::string> choices = choices_of(task, document);
    const std::string context = opening + text_of(task, document);
    ItemShape item{.gold = gold_of(task, document, choices)};
    for (int32_t idx = 0; idx < std::ssize(choices); ++idx) {
      const std::string& choice = choices[idx];
      result.requests.push_back({doc_id, idx, context, task.target_delimiter + choice});
      item.choices.push_back(
          {static_cast<int32_t>(count_characters(choice)), static_cast<int32_t>(choice.size())});
    }
    result.items.push_back(std::move(item));
  }
  return result;
}

}  // namespace e2lm
