#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/yaml.h"
#include "harness/manifest/step_pattern.h"

namespace e2lm {

// Where a checkpoint is on the hub (huggingface.co): a folder of a revision of a repository.
struct HubPlace {
  std::string repo;               // "tiiuae/dense-1b-arch1"
  std::string revision = "main";  // a branch, tag or commit
  std::string subfolder;          // empty: the files at the top

  std::string name() const;  // as messages have it: "tiiuae/dense-1b-arch1@main/iter_0002000"
  auto operator<=>(const HubPlace&) const = default;
};

// The keys `hub`, `revision` and `subfolder` of a series, the latter two with {step} as `path` may
// have it.
class HubPattern {
 public:
  // None if there is no `hub`, or if it is wrong: then that is among the problems.
  static std::optional<HubPattern> read(YamlMap& keys, Problems& problems);

  HubPlace fill(int64_t step) const;
  bool has_step() const { return revision_.step || subfolder_.step; }

 private:
  struct Part {
    std::string text;
    std::optional<StepPattern> step;

    std::string fill(int64_t number) const { return step ? step->fill(number) : text; }
  };
  static Part read_part(YamlMap& keys, const char* key, Problems& problems);

  std::string repo_;
  Part revision_, subfolder_;
};

// Whether the text can be a repository's name: ORG/NAME of letters, digits and -._
bool is_repo_name(std::string_view text);

// Whether a repository's path stays inside it: relative, without "..", "." and empty parts.
bool is_inside_path(std::string_view path);

}  // namespace e2lm
