#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace e2lm {

// Files that make up a split, by patterns (harness/hub/glob.h).
struct SplitPatterns {
  std::string split;
  std::vector<std::string> patterns;
};

// A configuration of a data set, as the header of its README.md lists it:
//
//   ---
//   configs:
//   - config_name: easy
//     data_files:                      or one pattern, or a list of them: the split train
//     - split: test
//       path: easy/test*.jsonl         or a list of patterns
//     data_dir: v2                     optional: where the patterns begin
//     default: true                    optional
//   ---
struct DatasetConfig {
  std::string name;
  std::vector<SplitPatterns> data_files;  // none: they are found by their names
  std::string data_dir;
  bool is_default = false;
  Json reading = Json::object();  // other keys: how the files are to be read (sep, field, ..)
};

// The configurations that a README.md lists; none if it has no header or the header has no
// `configs`. Throws Error naming `where` if the header is damaged.
std::vector<DatasetConfig> read_configs(const std::string& readme, const std::string& where);
// The same of a YAML file of nothing but such keys.
std::vector<DatasetConfig> read_yaml_configs(const std::string& yaml, const std::string& where);

// Patterns as `data_files` gives them, in a README.md or to load_dataset: one, a list, a list of
// {split, path}, or an object by split. Throws Error naming `where` for anything else.
std::vector<SplitPatterns> read_data_files(const Json& data_files, const std::string& where);

// The one that is meant: by its name, or without one the only one, the one named `default` or the
// one that says so. Throws Error naming `where` and those there are if none is.
const DatasetConfig& choose_config(const std::vector<DatasetConfig>& configs,
                                   const std::string& name, const std::string& where);

}  // namespace e2lm
