#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "scoring/metrics/item.h"

// What result files hold, as values: readers (readers.h) make these, the importer finds out whose
// they are (identity.h) and puts them into the store (import_tables.h).

namespace e2lm {

// One score of one checkpoint.
struct ImportedScore {
  std::string task;
  std::string metric;           // as lm-evaluation-harness calls it, "acc"; a filter other than
                                // "none" follows: "exact_match,strict-match"
  std::optional<double> value;  // absent where the file has no number; then
  std::string instead;          // what it has: "NaN", "null", "N/A"
  std::optional<double> standard_error;
  std::optional<int64_t> samples;
  std::optional<bool> higher_is_better;
  std::optional<double> chance;
  std::string setting;  // in words, where the file says it: "5-shot, version 1"
  std::string where;    // file and key path or line, for messages
};

// The documents of one task with their scores, at one checkpoint.
struct ImportedItems {
  std::string task;
  std::vector<std::string> metrics;  // that the file reports of them
  std::vector<int32_t> ids;          // of the documents, rising
  std::vector<Item> items;           // [ids]
  std::string where;
};

// What a file itself says about whose results they are; empty or absent where it does not.
struct ImportedOrigin {
  std::string series;
  std::optional<int64_t> step;
  std::optional<double> tokens;
  std::string model;  // what lm-evaluation-harness was given as pretrained=
  std::string revision;
  std::string subfolder;
  std::string model_args;
  std::string group;
  std::string mix;  // science, web
  std::string control_for;
  std::string where;  // file and key path or line, for messages; of formats that say any of the
                      // tokens, group, mix and control_for
};

struct ImportedCheckpoint {
  ImportedOrigin origin;
  std::vector<ImportedScore> scores;
  std::vector<ImportedItems> items;
};

struct ImportedFile {
  Path path;
  std::string format;             // in words, "lm-evaluation-harness results"
  std::optional<double> written;  // seconds since 1970, where the file says so
  std::vector<ImportedCheckpoint> checkpoints;
};

}  // namespace e2lm
