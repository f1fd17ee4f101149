#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/support/scratch.h"

namespace e2lm {

// A small task in a scratch folder: three questions with two choices each, two few-shot rows.
struct TaskFiles {
  std::string yaml =
      "task: colours\n"
      "tag: [small]\n"
      "dataset_path: json\n"
      "dataset_kwargs:\n"
      "  data_files: {test: test.jsonl, dev: dev.jsonl}\n"
      "test_split: test\n"
      "fewshot_split: dev\n"
      "fewshot_config: {sampler: first_n}\n"
      "output_type: multiple_choice\n"
      "doc_to_text: \"Question: {{question}}\\nAnswer:\"\n"
      "doc_to_target: answer\n"
      "doc_to_choice: choices\n"
      "metric_list:\n"
      "  - metric: acc\n";
  std::string test = R"({"question": "grass?", "choices": ["green", "red"], "answer": 0})"
                     "\n"
                     R"({"question": "blood?", "choices": ["green", "red"], "answer": 1})"
                     "\n"
                     R"({"question": "snow?", "choices": ["white", "höllischrot"], "answer": 0})"
                     "\n";
  std::string dev = R"({"question": "sky?", "choices": ["blue", "red"], "answer": 0})"
                    "\n"
                    R"({"question": "coal?", "choices": ["white", "black"], "answer": 1})"
                    "\n";

  // Writes the three files and returns the path of the task file.
  Path write(const Scratch& scratch, const Path& folder = "") const {
    scratch.write(folder / "test.jsonl", test);
    scratch.write(folder / "dev.jsonl", dev);
    return scratch.write(folder / "colours.yaml", yaml);
  }

  // The YAML with one line replaced (or dropped, with an empty `line`); lines count from 1.
  TaskFiles with_line(int number, const std::string& line) const {
    TaskFiles changed = *this;
    size_t begin = 0;
    for (int i = 1; i < number; ++i) begin = yaml.find('\n', begin) + 1;
    const size_t end = yaml.find('\n', begin) + 1;
    changed.yaml = yaml.substr(0, begin) + (line.empty() ? "" : line + "\n") + yaml.substr(end);
    return changed;
  }
};

}  // namespace e2lm
