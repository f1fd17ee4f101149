#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tasks/document.h"
#include "tasks/task.h"

namespace e2lm {

// One log-likelihood to ask for: how likely is the continuation after the context?
struct Request {
  int32_t doc_id = 0;  // row of the test split, from 0
  int32_t idx = 0;     // choice of the document
  std::string context;
  std::string continuation;
};

// What scoring needs to know of a document besides its log-likelihoods.
struct ItemShape {
  struct Choice {
    int32_t characters = 0;  // of the choice text, without the delimiter before it
    int32_t bytes = 0;
  };

  int32_t gold = 0;
  std::vector<Choice> choices;  // one request each, consecutive
};

// Everything a task asks of a model: documents in order, choices in order.
struct TaskRequests {
  std::string task;
  std::vector<Request> requests;
  std::vector<ItemShape> items;

  // SHA-256 over texts, gold choices and lengths: what a task's results depend on.
  std::string sha256() const;
};

struct RequestOptions {
  std::optional<int64_t> num_fewshot;  // instead of the task's own; a task's 0 cannot be raised
  std::optional<double> limit;         // below 1 a share of the documents, else a number of them
};

// Builds the requests of a task as lm-evaluation-harness does: description, few-shot examples each
// as text + target_delimiter + answer + fewshot_delimiter, then the document's text; continuations
// are target_delimiter + choice. Throws Error naming the data row if a column is missing, a gold
// answer is none of the choices, or a choice is empty.
TaskRequests make_requests(const Task& task, const RequestOptions& options = {});

}  // namespace e2lm
