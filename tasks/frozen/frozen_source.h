#pragma once

#include <optional>
#include <string>

#include "base/yaml.h"

namespace e2lm {

// Where a task's documents and finished requests lie: nothing is rendered, drawn or computed of
// them here. Two kinds of file:
//
// `lines`: what tools/freeze_task.py writes. The task file says
//     task: NAME
//     output_type: multiple_choice
//     frozen: NAME.jsonl.gz        # or .jsonl, beside the task file
//     sha256: 64 digits            # of the file's content, unpacked
//   and may have metric_list, filter_list, num_fewshot, repeats, tag and metadata. The layout of
//   the .jsonl is described in frozen_lines.h.
//
// `olmo_requests`: a folder with config.json and requests.jsonl.gz as OLMo's in-loop evaluations
//   read them:
//     dataset_path: olmo_requests
//     dataset_kwargs: {data_dir: FOLDER}
//   see olmo_requests.h.
struct FrozenSource {
  enum class Kind { lines, olmo_requests };

  Kind kind = Kind::lines;
  Path path;           // a file, or the folder of the dump
  std::string sha256;  // of `lines`
  std::string where;   // "task.yaml:4": what names them

  // None if the keys are those of a task whose requests are made here. Wrong keys go to `problems`;
  // the files need not exist yet.
  static std::optional<FrozenSource> read(YamlMap& keys, const Path& task_folder,
                                          Problems& problems);
};

}  // namespace e2lm
