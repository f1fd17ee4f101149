#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/output_type.h"
#include "tasks/data_source.h"
#include "tasks/dialect/process_docs.h"
#include "tasks/field.h"
#include "tasks/frozen/frozen_source.h"

namespace e2lm {

// A task file in lm-evaluation-harness's dialect, checked. Keys and defaults are the original's.
struct Task {
  // How the examples before a question are chosen and written; what is absent here is as for the
  // question itself.
  struct FewShot {
    enum class Sampler { random, first_n };
    Sampler sampler = Sampler::random;
    std::string split;            // empty: `samples`, else training, validation or test split
    std::optional<Json> samples;  // a list of documents
    std::optional<Field> doc_to_text, doc_to_target, doc_to_choice;
    std::optional<std::optional<Field>> gen_prefix;  // a null within: none at all
    std::string target_delimiter, fewshot_delimiter;
  };

  struct Metric {
    std::string name;
    std::string aggregation;  // empty: the metric's own
    std::optional<bool> higher_is_better;
    Yaml node;  // where it stands
  };

  Path path;
  std::string name, alias;
  std::vector<std::string> tags;
  OutputType output_type = OutputType::multiple_choice;
  std::optional<FrozenSource> frozen;  // then nothing below but metrics, filters and numbers counts
  DataSource data;
  DocumentProcessor process_docs;
  std::string training_split, validation_split, test_split;  // empty: there is none
  std::optional<Field> doc_to_text, doc_to_target, doc_to_choice, description, gen_prefix;
  std::string target_delimiter = " ";
  std::string fewshot_delimiter = "\n\n";
  FewShot few_shot;
  std::optional<int64_t> num_fewshot;
  int64_t repeats = 1;
  std::vector<Metric> metrics;       // empty: the output type's own
  std::vector<std::string> filters;  // names of pipelines; all of them keep the first answer
  Json metadata;                     // as the file has it
  Json keys;                         // the whole file, with what it includes
  std::string version;               // metadata.version; "Yaml" without one, as the original prints

  // A split of the data, processed. With `absent_is_null` a column that a row lacks is null there,
  // as in the original; otherwise the document does not have it.
  DataSource::Split read_split(const std::string& split, bool absent_is_null,
                               int64_t limit = INT64_MAX) const;

  // The split whose documents are asked: test, else validation.
  const std::string& evaluated_split() const {
    return test_split.empty() ? validation_split : test_split;
  }

  // Reads and checks a task file. Throws Error that lists everything wrong with it, with lines.
  static Task read(const Path& path);
  // The same for a mapping put together elsewhere: a file with the overrides of a group.
  static Task from(const Yaml& keys, const Path& path);
};

}  // namespace e2lm
