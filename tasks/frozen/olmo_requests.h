#pragma once

#include "tasks/frozen/frozen_document.h"

namespace e2lm {

// The request dumps of OLMo's in-loop evaluations: a folder with config.json (of which
// num_instances and task_config.num_shots, fewshot_seed and metric_kwargs.uncond_docid_offset are
// read) and requests.jsonl.gz or requests.jsonl, a line a request:
//
//   {"request_type": "loglikelihood", "doc": {..}, "request": {"context": "..",
//    "continuation": " .."}, "idx": 0, "task_name": "..", "doc_id": 0, "native_id": .., "label": 3}
//
// A document's requests stand together, idx from 0; `label` is the right one, or a list. Requests
// of the choices after an empty question come last, with doc_id + uncond_docid_offset; they are
// taken where the task asks for acc_mutual_info, as the loop itself takes none. A choice's length
// is that of its continuation without the blank it begins with.
//
// The loop tokenizes context and continuation apart, this program in one piece as
// lm-evaluation-harness does: with most tokenizers the ids are the same.
//
// Damage: a line that does not fit or is out of order, or a number of documents other than
// num_instances is an Error with file and line.
FrozenDocuments read_olmo_requests(const Task& task, const RequestOptions& options);

}  // namespace e2lm
