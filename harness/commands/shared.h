#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"
#include "harness/manifest/token_rules.h"
#include "harness/options.h"
#include "harness/store/store.h"
#include "reports/report.h"
#include "tasks/library.h"
#include "tasks/requests.h"

// What several commands have in common.

namespace e2lm {

// --device, --dtype, --threads, --memory
std::vector<Option> engine_option_rows();
EngineOptions engine_options(const Arguments& arguments);

// --num_fewshot, --limit, --include_path
std::vector<Option> task_option_rows();
RequestOptions request_options(const Arguments& arguments);

// --special_tokens, --joining, --too_long; what is not given is as in `fallback`.
std::vector<Option> token_option_rows();
TokenRules token_rules(const Arguments& arguments, TokenRules fallback);

// The bundled tasks and those of --include_path. Says on standard error which files are passed over
// because their name is taken.
TaskLibrary open_library(const Arguments& arguments);

// The store a user means: a store file, a run folder, or by default the one of `e2lm sweep`.
Path store_path(const Arguments& arguments);
Store open_store(const Arguments& arguments);

// Writes index.html, report.md, report.json, leaderboard.csv, signal.csv and curves.csv into a
// folder.
void write_report(const Report& report, const Path& folder);

// Indented, with a line's end. Names can come from the bytes of paths: what is no UTF-8 is
// replaced.
std::string json_text(const Json& json);

// To standard output. Throws Error if it cannot be written (a full disk behind a redirection).
void print(std::string_view text);
// The same of what people read, and no program: it may hold names and sentences of strangers'
// files.
void print_text(std::string_view text);

std::vector<Option> join(std::vector<Option> first, const std::vector<Option>& second);

constexpr const char* kDefaultManifest = "checkpoints.yaml";

// Where this program lies.
Path program_file();

// checkpoints.yaml in the current folder, else the one beside the bundled tasks.
Path bundled_manifest();

// Where `e2lm sweep MANIFEST` keeps its run unless told otherwise: runs/<name of the manifest>.
Path default_run(const Path& manifest);

}  // namespace e2lm
