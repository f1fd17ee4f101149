#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tasks/requests.h"

namespace e2lm::submission {

// A document as the checks look at it.
struct CheckedItem {
  std::string task;
  int64_t doc_id = 0;
  std::string question;              // its own prompt, without description and examples
  std::string context;               // the whole prompt
  std::string delimiter;             // between prompt and choice
  std::vector<std::string> choices;  // or the one text to be scored
  std::vector<int32_t> golds;        // indices of choices
  bool choices_in_prompts = false;   // each choice has a prompt of its own that holds it

  const std::string& gold() const { return choices.at(golds.front()); }
  bool is_gold(int32_t choice) const;
  std::string name() const { return task + " document " + std::to_string(doc_id); }
};

struct CheckedItems {
  std::vector<CheckedItem> items;
  int64_t documents = 0;  // of the split, whatever limit was given
  int64_t requests = 0;   // of the items
  int64_t shots = 0;
};

// At most `limit` documents of a task. Throws Error as make_requests() does.
CheckedItems checked_items(const Task& task, int64_t limit);

// The rows that examples may be taken from, as items of their own; none where the task has no
// examples, lists them itself, or takes them from the questions asked.
std::vector<CheckedItem> example_items(const Task& task, int64_t limit);

}  // namespace e2lm::submission
