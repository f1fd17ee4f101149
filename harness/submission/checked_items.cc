#include "harness/submission/checked_items.h"

#include <algorithm>

namespace e2lm::submission {
namespace {

// A choice's text, which follows the delimiter.
std::string without_delimiter(const std::string& continuation, const std::string& delimiter) {
  return continuation.starts_with(delimiter) ? continuation.substr(delimiter.size()) : continuation;
}

CheckedItem item_of(const Task& task, const TaskRequests& requests, size_t item, size_t first) {
  const ItemShape& shape = requests.items[item];
  const Request* request = &requests.requests[first];
  CheckedItem checked{.task = task.name,
                      .doc_id = requests.doc_ids[item],
                      .question = request->context,
                      .context = request->context,
                      .delimiter = task.target_delimiter,
                      .golds = shape.golds};
  if (request->rolling) {
    checked.choices = {request->continuation};
    checked.golds = {0};
    return checked;
  }
  for (size_t choice = 0; choice < shape.choices.size(); ++choice, ++request) {
    checked.choices.push_back(without_delimiter(request->continuation, task.target_delimiter));
    if (request->context == checked.context) continue;
    checked.choices_in_prompts = true;
    checked.question += "\n" + request->context;
  }
  const auto count = static_cast<int32_t>(shape.choices.size());
  std::erase_if(checked.golds, [&](int32_t gold) { return gold < 0 || gold >= count; });
  return checked;
}

std::vector<CheckedItem> items_of(const Task& task, const TaskRequests& requests) {
  std::vector<CheckedItem> items;
  size_t first = 0;
  for (size_t i = 0; i < requests.items.size(); ++i) {
    items.push_back(item_of(task, requests, i, first));
    const ItemShape& shape = requests.items[i];
    const size_t choices = std::max<size_t>(shape.choices.size(), 1);
    first += shape.unconditional ? 2 * choices : choices;
  }
  return items;
}

// The task without what stands before a question, asking this split. Made anew from its keys, as
// JSON is YAML; where its data lie stays as it is.
Task bare(const Task& task, const std::string& split) {
  Json keys = task.keys;
  keys.erase("description");
  keys["num_fewshot"] = 0;
  keys["test_split"] = split;
  Task made = Task::from(parse_yaml(keys.dump(), task.path.string()), task.path);
  made.data = task.data;
  return made;
}

RequestOptions limited(int64_t limit) {
  return {.limit = static_cast<double>(limit)};
}

// Where examples come from, as the sampler has it; empty where that is no other split.
std::string example_split(const Task& task) {
  const Task::FewShot& few = task.few_shot;
  if (few.split.empty() && few.samples) return {};
  for (const std::string* split : {&few.split, &task.training_split, &task.validation_split}) {
    if (!split->empty()) return *split == task.evaluated_split() ? "" : *split;
  }
  return {};
}

}  // namespace

bool CheckedItem::is_gold(int32_t choice) const {
  return std::find(golds.begin(), golds.end(), choice) != golds.end();
}

CheckedItems checked_items(const Task& task, int64_t limit) {
  const TaskRequests requests = make_requests(task, limited(limit));
  CheckedItems checked{.items = items_of(task, requests),
                       .documents = requests.all_documents,
                       .requests = std::ssize(requests.requests),
                       .shots = requests.shots};
  if (task.frozen) return checked;  // its prompts are what they are
  const TaskRequests own = make_requests(bare(task, task.evaluated_split()), limited(limit));
  std::vector<CheckedItem> bare_items = items_of(task, own);
  for (size_t i = 0; i < bare_items.size(); ++i) {
    checked.items[i].question = std::move(bare_items[i].question);
  }
  return checked;
}

std::vector<CheckedItem> example_items(const Task& task, int64_t limit) {
  const std::string split = task.frozen ? "" : example_split(task);
  const int64_t shots = task.num_fewshot.value_or(0);
  if (split.empty() || shots == 0) return {};
  if (task.few_shot.sampler == Task::FewShot::Sampler::first_n) limit = std::min(limit, shots);
  const Task examples = bare(task, split);
  return items_of(examples, make_requests(examples, limited(limit)));
}

}  // namespace e2lm::submission
