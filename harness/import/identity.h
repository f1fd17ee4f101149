#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/import/import_map.h"
#include "harness/import/imported.h"
#include "harness/import/step_tokens.h"
#include "harness/import/text_pattern.h"
#include "scoring/judgement/judgement.h"

namespace e2lm {

// Where a step is read from; `automatic` is the first of revision, subfolder, model and path that
// has one.
enum class StepSource { automatic, path, revision, subfolder, model, model_args };

// What a user says about whose results the files hold. It goes before what the files say.
struct IdentityOptions {
  std::optional<TextPattern> pattern;  // of the path; one with {step}, of what step_from names
  StepSource step_from = StepSource::automatic;
  std::optional<ImportMap> map;
  std::optional<StepTokens> tokens;
  std::optional<std::string> series, group, control_for;
  std::optional<Mix> mix;
};

// Whose results they are. What nobody says about a series is absent, so that it is not taken for
// more than a default.
struct Identity {
  std::string series;
  int64_t step = 0;
  std::optional<double> tokens;
  std::optional<std::string> group;
  std::optional<Mix> mix;
  std::optional<std::string> control_for;
};

// Finds out whose a checkpoint of a file is. For each of series and step the first counts that is
// known: an option, the mapping, the file's content (a column, a list), the pattern, the evaluated
// model's name, revision or subfolder, the path. Throws Error if there is none, or the pattern fits
// nowhere.
//
// Series of the E2LM competition are known by their names, dense-{500m,1b,3b}-arch*: the size is
// the group, and tokens follow the competition's schedule where nothing else says them.
Identity identify(const ImportedFile& file, const ImportedOrigin& origin,
                  const IdentityOptions& options);

// "1b" for dense-1b-arch2; none of other names.
std::optional<std::string> e2lm_group(std::string_view series);

}  // namespace e2lm
