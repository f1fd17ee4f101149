#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "harness/sweep/evaluate.h"
#include "scoring/metrics/item.h"
#include "scoring/metrics/metric.h"
#include "tasks/item_shape.h"

// Documents and answers back from samples files (samples_TASK_TIME.jsonl), ours and
// lm-evaluation-harness's, old and new.

namespace e2lm::lm_eval {

struct Sample {
  int64_t doc_id = 0;
  std::string doc_hash;  // empty where the file has none
  ItemShape shape;
  std::vector<RequestScore> scores;        // of the shape's requests, in their order
  std::map<std::string, double> recorded;  // by metric: what the file says of this document
};

struct SampleFile {
  Path path;
  std::string task;     // from the file's name; empty if that has another form
  std::string time;     // likewise
  std::string filter;   // the one read; others of the file are passed over
  bool tokens = false;  // numbers of scored tokens are known
  bool lengths = true;  // so are those of the choices in characters and bytes
  std::vector<Sample> samples;

  std::vector<Item> items() const;  // of the samples, in order
};

// A line of the original's does not tell the right answer; another program's metric, say.
class GoldUnknown : public Error {
 public:
  using Error::Error;
};

// Reads a file, gzipped or not, line by line, with NaN and infinities as Python writes them. Our
// own lines say all that scoring needs. Of the original's the rest is found out:
//
//   type       from the number of requests and of their arguments
//   choices    continuations without the delimiter: the task's target_delimiter where the
//              results file of the same time lies beside, else a space where all begin with one,
//              or as much of the white space they share as gives the recorded metrics best
//   gold       the target, a choice's number or text, whichever gives the recorded `acc`; with
//              several inputs (all continuations equal) from the recorded `acc` alone, which says
//              enough where it is 1 or there are two choices
//   not known  numbers of tokens: RequestScore::tokens is 0, greedy_tokens 0 if greedy, else -1;
//              lengths of the choices where these stand in the contexts (`lengths` is false)
//
// `filter` chooses among several; empty: the first. Throws Error naming file and line where a line
// is damaged, and GoldUnknown where it is not.
SampleFile read_samples(const Path& path, const std::string& filter = {});

// The results file of the same run in the same folder, results_TIME.json or .json.gz.
std::optional<Path> results_file_beside(const SampleFile& file);

// Whether the samples say what a metric is made of, and it fits them.
bool says_enough(const SampleFile& file, const Metric& metric);

// How many documents record a metric, and how many of these another value than its own. REQUIRES:
// items are the file's.
struct Recorded {
  int64_t compared = 0, differ = 0;

  // One document in a hundred may differ, by rounding of ties; of more the file means another
  // metric by that name, as TruthfulQA's mc2 by `acc`.
  bool is_another() const { return differ * 100 > compared; }
};
Recorded compare_recorded(const SampleFile& file, const Metric& metric,
                          std::span<const Item> items);

// Whether a metric has no value without SampleFile::lengths.
bool needs_lengths(const Metric& metric);

// Whether a name has the form samples_TASK_TIME.jsonl.
bool is_samples_file(const Path& path);

// The files of samples that a path means: itself, or of a folder those in it and in the folders
// below, where a run puts them; sorted. Throws Error if a folder holds none.
std::vector<Path> list_samples_files(const Path& path);

}  // namespace e2lm::lm_eval
