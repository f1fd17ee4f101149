#pragma once

#include <string_view>

// What a stranger's bytes reach first. Each function reads its input as the program would read a
// file of that kind, and uses what it got: an Error is a fine answer, anything else that is thrown,
// any broken memory, any endless work is a finding.
//
// libFuzzer runs them with inputs of its making (tools/fuzz.sh), corpus_test.cc with those that are
// kept under corpus/: what opens a format, and every finding that there was.

namespace e2lm::fuzz {

void safetensors(std::string_view file);
// A tokenizer.json; what follows a line "=== text" is encoded with it.
void tokenizer(std::string_view input);
// A template; what follows a line "=== row" is the JSON it is rendered with.
void jinja(std::string_view input);
// A task file; what follows a line "=== rows" is the data file `rows.jsonl` beside it.
void task(std::string_view input);
// A data file of a task: JSON lines, one JSON text, CSV; packed with gzip or not.
void data(std::string_view file);
// A result file of another program, or one of samples.
void results(std::string_view file);

// An upload: an archive of any kind, unpacked, checked and written out.
void archive(std::string_view file);
// One that is a patch.
void patch(std::string_view file);

struct Target {
  const char* name;
  void (*run)(std::string_view input);
};

inline constexpr Target kTargets[] = {
    {"archive", archive},     {"patch", patch},    {"safetensors", safetensors},
    {"tokenizer", tokenizer}, {"jinja", jinja},    {"task", task},
    {"data", data},           {"results", results}};

}  // namespace e2lm::fuzz
