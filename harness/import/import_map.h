#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/import/step_tokens.h"
#include "harness/import/text_pattern.h"
#include "scoring/judgement/judgement.h"

namespace e2lm {

// One line of a mapping file: whose results it speaks of, and what it says of them. Selectors are
// globs; an entry without any speaks of all.
struct MapEntry {
  std::string path;   // of the file: the whole, or its end from the beginning of a part
  std::string model;  // what the file says was evaluated (pretrained=..), or its last part
  std::string name;   // of the series, once it is known

  std::optional<std::string> series;
  std::optional<int64_t> step;
  std::optional<double> tokens;           // of this very checkpoint
  std::optional<StepTokens> step_tokens;  // by step
  std::optional<TextPattern> pattern;
  std::optional<std::string> group;
  std::optional<Mix> mix;
  std::optional<std::string> control_for;
};

// A mapping file. For each thing that is to be known the first entry that fits and says it counts.
//
//   YAML                                            CSV
//     series:                                         path,series,step,tokens,group
//       - path: "*/run7/*"   # model:, name:          */run7/a.json,base,1000,2.1e9,1b
//         series: base
//         pattern: "{}_step{step}.json"
//         step: 1000
//         tokens: 2.1e9      # or {per_step: N}, e2lm, a table file
//         group: 1b
//         mix: science       # or web
//         control_for: base
//     chance: {"mmlu*": 0.25}                         (YAML only)
struct ImportMap {
  std::vector<MapEntry> entries;
  std::vector<std::pair<std::string, double>> chance;  // glob over tasks, level of accuracies

  // Throws Error that lists everything wrong with the file, with lines.
  static ImportMap read(const Path& path);
};

// Whether a glob fits a path or its end, from the beginning of one of its parts.
bool matches_path(std::string_view path, std::string_view glob);

// science or web; throws Error at `where` for another word.
Mix mix_named(std::string_view word, std::string_view where);

}  // namespace e2lm
