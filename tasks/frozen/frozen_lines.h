#pragma once

#include "tasks/frozen/frozen_document.h"

namespace e2lm {

// The layout of a frozen task's .jsonl (.gz). The first line is its head, then a line a document:
//
//   {"frozen": 1, "task": "hellaswag", "output_type": "multiple_choice", "num_fewshot": 0,
//    "fewshot_seed": 1234, "documents": 10042, "all_documents": 10042}
//   {"doc_id": 0, "doc": {..}, "target": 3, "gold": 3, "choices": ["..", ..],
//    "requests": [["context", "continuation"], ..]}
//
// `documents` is the number of lines that follow, `all_documents` that of the split. Of
// multiple_choice `gold` is the right choice's number or a list of them (-100: none of the
// choices), and `choices` the texts whose lengths acc_norm and acc_bytes divide by; there are as
// many requests as choices, or twice as many where the choices after nothing follow. A line of
// loglikelihood has `requests` with one pair; one of loglikelihood_rolling has "text", "words" and
// "bytes" instead.
//
// Damage: anything that does not fit, a line too few or too many, or a content that has another
// SHA-256 than the task file says is an Error; nothing is skipped. All lines are read and hashed,
// those that nobody asked for are not parsed.
FrozenDocuments read_frozen_lines(const Task& task, const RequestOptions& options);

}  // namespace e2lm
