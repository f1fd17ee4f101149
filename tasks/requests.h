#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tasks/document.h"
#include "tasks/item_shape.h"
#include "tasks/prompt/few_shot.h"
#include "tasks/task.h"

namespace e2lm {

// One log-likelihood to ask for: how likely is the continuation after the context? In a rolling
// one the context is empty, and every token of the text is asked for.
struct Request {
  int32_t doc_id = 0;  // row of the evaluated split, from 0
  int32_t idx = 0;     // of the document's requests
  std::string context;
  std::string continuation;
  bool rolling = false;
};

// Everything a task asks of a model: documents in order, requests in order.
struct TaskRequests {
  std::string task;
  OutputType output_type = OutputType::multiple_choice;
  std::vector<Request> requests;
  std::vector<ItemShape> items;
  std::vector<int32_t> doc_ids;  // of the items
  int64_t all_documents = 0;     // of the split, before any limit
  int64_t shots = 0;

  // With RequestOptions::keep_documents, of the items.
  std::vector<Document> documents;
  std::vector<Json> targets;

  // SHA-256 over texts, gold choices and lengths: what a task's results depend on.
  std::string sha256() const;
};

struct RequestOptions {
  std::optional<int64_t> num_fewshot;  // instead of the task's own; a task's 0 cannot be raised
  std::optional<double> limit;         // below 1 a share of the documents, else a number of them
  std::vector<int64_t> samples;        // these documents only; empty: all
  uint64_t fewshot_seed = 1234;
  FewShotDraw fewshot_draw = FewShotDraw::per_task;
  std::string system_instruction;
  bool keep_documents = false;
  // Whether what the original lets pass does so here: a gold answer that is none of the choices
  // makes the item wrong, a column that a row lacks is None. Otherwise both are errors in the data.
  bool as_original = false;
};

// How many of so many documents a limit leaves: below 1 it is a share, rounded up.
int64_t documents_within(int64_t documents, std::optional<double> limit);

// Throws Error naming task and number if a sample is none of so many documents.
void check_samples(const RequestOptions& options, const std::string& task, int64_t documents);

// Builds the requests of a task as lm-evaluation-harness does: prompts as in prompt.h,
// continuations target_delimiter + choice; with several inputs (doc_to_text is a number) the
// choices stand in the contexts and the target is the continuation. A task that asks for
// acc_mutual_info also asks for its choices after nothing. A frozen task's requests are those of
// its file, see frozen/frozen_requests.h. Throws Error naming the data row if a column is missing,
// a choice is empty, or a value has a type that does not fit; and naming the sample that is no
// document.
TaskRequests make_requests(const Task& task, const RequestOptions& options = {});

}  // namespace e2lm
