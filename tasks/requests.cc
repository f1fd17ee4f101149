#include "tasks/requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "tasks/frozen/frozen_requests.h"
#include "tasks/prompt/prompt.h"
#include "tasks/template/template.h"

namespace e2lm {
namespace {

int64_t shots_of(const Task& task, const RequestOptions& options) {
  if (task.num_fewshot == 0) return 0;  // the original does not let the command line raise it
  return options.num_fewshot.value_or(task.num_fewshot.value_or(0));
}

// A share is known only when all are; samples may lie anywhere.
int64_t documents_needed(const RequestOptions& options) {
  const bool known = options.limit && *options.limit >= 1 && options.samples.empty();
  return known ? documents_within(INT64_MAX, options.limit) : INT64_MAX;
}

class RequestMaker {
 public:
  RequestMaker(const Task& task, const RequestOptions& options)
      : task_(task),
        options_(options),
        split_(task.read_split(task.evaluated_split(), options.as_original,
                               documents_needed(options))),
        fields_(task, split_),
        prompts_(task, fields_,
                 {.shots = shots_of(task, options),
                  .seed = options.fewshot_seed,
                  .draw = options.fewshot_draw,
                  .absent_is_null = options.as_original,
                  .system_instruction = options.system_instruction}) {
    if (split_.documents.empty()) {
      throw Error(task.path.string(),
                  fmt::format("the split '{}' has no documents", task.evaluated_split()));
    }
    // Decided on the first document for all, as in the original.
    const Json text = fields_.text(split_.documents.front());
    multiple_input_ = task.doc_to_choice && (text.is_number_integer() || text.is_boolean());
    unconditional_ = std::any_of(task.metrics.begin(), task.metrics.end(),
                                 [](const auto& m) { return m.name == "acc_mutual_info"; });
    several_golds_ = fields_.target(split_.documents.front()).is_array();
    result_.task = task.name;
    result_.output_type = task.output_type;
    result_.all_documents = split_.rows;
    result_.shots = shots_of(task, options);
  }

  TaskRequests make() {
    check_samples(options_, task_.name, result_.all_documents);
    const int64_t count = documents_within(result_.all_documents, options_.limit);
    for (int32_t doc_id = 0; doc_id < count; ++doc_id) {
      if (!options_.samples.empty() && std::find(options_.samples.begin(), options_.samples.end(),
                                                 doc_id) == options_.samples.end()) {
        continue;  // it draws no examples either
      }
      add(split_.documents[doc_id], doc_id);
    }
    return std::move(result_);
  }

 private:
  void add(const Document& document, int32_t doc_id) {
    const Json target = fields_.target(document);
    std::vector<std::string> choices;
    if (task_.doc_to_choice) choices = fields_.choices(document);
    // Made for rolling requests too, which have no use for them: the draws are then those of the
    // original.
    const auto contexts = prompts_.contexts(document, doc_id, choices, multiple_input_);
    ItemShape item;
    if (task_.output_type == OutputType::multiple_choice) {
      item = multiple_choice(document, doc_id, target, choices, contexts);
    } else {
      const std::string text = text_target(document, target);
      if (task_.output_type == OutputType::loglikelihood) {
        result_.requests.push_back({doc_id, 0, contexts.front(), text});
        item = {.type = task_.output_type, .golds = {0}, .choices = {measure_choice(text)}};
      } else {
        result_.requests.push_back({doc_id, 0, "", text, true});
        item = {.type = task_.output_type, .words = count_words(text), .bytes = std::ssize(text)};
      }
    }
    result_.items.push_back(std::move(item));
    result_.doc_ids.push_back(doc_id);
    if (!options_.keep_documents) return;
    result_.documents.push_back(document);
    result_.targets.push_back(target);
  }

  ItemShape multiple_choice(const Document& document, int32_t doc_id, const Json& target,
                            const std::vector<std::string>& choices,
                            const std::vector<std::string>& contexts) {
    ItemShape item{.golds = golds_of(document, target, choices),
                   .several_golds = several_golds_,
                   .unconditional = unconditional_};
    int32_t idx = 0;
    for (const std::string& choice : choices) {
      result_.requests.push_back(
          multiple_input_
              ? Request{doc_id, idx, contexts[idx], task_.target_delimiter + python_str(target)}
              : Request{doc_id, idx, contexts.front(), task_.target_delimiter + choice});
      item.choices.push_back(measure_choice(choice));
      ++idx;
    }
    if (!unconditional_) return item;
    for (const std::string& choice : choices) {
      result_.requests.push_back({doc_id, idx++, "", task_.target_delimiter + choice});
    }
    return item;
  }

  // Of rolling requests it may be empty: some data sets have blank documents.
  std::string text_target(const Document& document, const Json& target) const {
    const bool may_be_empty = task_.output_type == OutputType::loglikelihood_rolling;
    if (!target.is_string() || (!may_be_empty && target.get_ref<const std::string&>().empty())) {
      fields_.fail(document, "doc_to_target is " + target.dump(),
                   may_be_empty ? "a text" : "a text that is not empty");
    }
    return target.get<std::string>();
  }

  std::vector<int32_t> golds_of(const Document& document, const Json& target,
                                const std::vector<std::string>& choices) const {
    const Json gold = multiple_input_ ? fields_.text(document) : target;
    if (gold.is_array() != (several_golds_ && !multiple_input_)) {
      fields_.fail(document, "the gold answer is " + gold.dump(),
                   several_golds_ ? "a list, as in the first document"
                                  : "no list, as in the first document");
    }
    std::vector<int32_t> golds;
    if (!gold.is_array()) golds.push_back(gold_of(document, gold, choices));
    if (gold.is_array()) {
      for (const Json& one : gold) golds.push_back(gold_of(document, one, choices));
    }
    if (options_.as_original) return golds;
    for (const int32_t number : golds) {
      if (number >= 0) continue;
      fields_.fail(
          document, "the gold answer is " + gold.dump(),
          fmt::format("one of the {} choices, by number from 0 or by text", choices.size()));
    }
    return golds;
  }

  // A choice by its number, or by its own text.
  int32_t gold_of(const Document& document, const Json& gold,
                  const std::vector<std::string>& choices) const {
    const int64_t count = std::ssize(choices);
    if (gold.is_string()) {
      const auto found = std::find(choices.begin(), choices.end(), gold.get<std::string>());
      return found == choices.end() ? ItemShape::kNoGold
                                    : static_cast<int32_t>(found - choices.begin());
    }
    if (gold.is_boolean()) return gold.get<bool>() ? (count > 1 ? 1 : ItemShape::kNoGold) : 0;
    if (!gold.is_number_integer()) {
      fields_.fail(document, "the gold answer is " + gold.dump(),
                   fmt::format("one of the {} choices, by number from 0 or by text", count));
    }
    const auto number = gold.get<int64_t>();
    return number >= -count && number < count ? static_cast<int32_t>(number) : ItemShape::kNoGold;
  }

  const Task& task_;
  const RequestOptions& options_;
  DataSource::Split split_;
  DocumentFields fields_;
  PromptBuilder prompts_;
  bool multiple_input_ = false;
  bool several_golds_ = false;
  bool unconditional_ = false;
  TaskRequests result_;
};

}  // namespace

int64_t documents_within(int64_t documents, std::optional<double> limit) {
  if (!limit) return documents;
  const auto all = static_cast<double>(documents);
  const double count = *limit < 1 ? std::ceil(*limit * all) : *limit;
  return count < all ? static_cast<int64_t>(count) : documents;  // it may be beyond any integer
}

void check_samples(const RequestOptions& options, const std::string& task, int64_t documents) {
  for (const int64_t sample : options.samples) {
    if (sample >= 0 && sample < documents) continue;
    throw Error(fmt::format("task {}", task), fmt::format("has no document {} to sample", sample),
                fmt::format("numbers from 0 to {}", documents - 1));
  }
}

std::string TaskRequests::sha256() const {
  Sha256 hash;
  hash.add_field(output_type_name(output_type));
  for (const Request& request : requests) {
    hash.add_field(request.context);
    hash.add_field(request.continuation);
  }
  for (const ItemShape& item : items) {
    hash.add_field(fmt::format("{} of {}, {}, {} words, {} bytes", fmt::join(item.golds, " "),
                               item.choices.size(), item.unconditional, item.words, item.bytes));
    for (const ItemShape::Choice& choice : item.choices) {
      hash.add_field(fmt::format("{} {}", choice.characters, choice.bytes));
    }
  }
  return hash.hex();
}

TaskRequests make_requests(const Task& task, const RequestOptions& options) {
  return task.frozen ? frozen_requests(task, options) : RequestMaker(task, options).make();
}

}  // namespace e2lm
