#include "harness/commands/import_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/error.h"
#include "base/input_file.h"
#include "base/terminal.h"
#include "base/text.h"
#include "harness/commands/shared.h"

namespace e2lm {
namespace {

StepSource step_source(const std::string& name) {
  static const std::vector<std::pair<const char*, StepSource>> kSources = {
      {"auto", StepSource::automatic},    {"path", StepSource::path},
      {"revision", StepSource::revision}, {"subfolder", StepSource::subfolder},
      {"model", StepSource::model},       {"model_args", StepSource::model_args}};
  for (const auto& [known, source] : kSources) {
    if (name == known) return source;
  }
  throw Error("--step-from", fmt::format("'{}' is unknown", name),
              "auto, path, revision, subfolder, model or model_args");
}

std::vector<std::string> words_of(const std::vector<std::string>& texts) {
  std::vector<std::string> words;
  for (const std::string& text : texts) {
    for (const std::string& part : split(text, ',')) {
      if (const std::string_view word = trim(part); !word.empty()) words.emplace_back(word);
    }
  }
  return words;
}

MeanRow mean_of(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
    throw Error("--mean", fmt::format("'{}' names no mean", text),
                "NAME=GLOB, mmlu=hendrycksTest-*");
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void add_mean(const MeanRow& mean, std::vector<MeanRow>& means) {
  for (const MeanRow& other : means) {
    if (other.name != mean.name || other.glob == mean.glob) continue;
    throw Error(
        "--mean",
        fmt::format("'{}' is the mean of '{}' and of '{}'", mean.name, other.glob, mean.glob),
        "a name for each");
  }
  means.push_back(mean);
}

// What a store holds has names and tokens already.
void refuse_import_options(const Arguments& arguments) {
  for (const Option& option : import_option_rows()) {
    if (!arguments.given(option.name)) continue;
    throw Error(fmt::format("--{}", option.name), "is about files of results, and this is a store",
                "files, or `e2lm import` again");
  }
}

bool is_store(const Path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return is_seen(path / "store.sqlite");
  if (!is_seen(path)) return false;  // the import says why
  constexpr std::string_view kMagic = "SQLite format 3";
  InputFile file(path);
  return std::all_of(kMagic.begin(), kMagic.end(), [&](char c) { return file.get() == c; });
}

}  // namespace

std::vector<Option> import_option_rows() {
  return {{"pattern", "TEXT", "",
           "how paths (or model_args) say the series and step: '{series}/{}_step{step}.json'"},
          {"step-from", "WHERE", "auto",
           "where the step stands: path, revision, subfolder, model, model_args"},
          {"map", "FILE", "", "a .yaml or .csv that says whose results they are; docs/import.md"},
          {"tokens", "HOW", "", "training tokens: N per step, e2lm, or a table file step,tokens"},
          {"series", "NAME", "", "name of the series, for all files"},
          {"group", "NAME", "", "group that the series are ranked in; default: all"},
          {"mix", "NAME", "", "science or web"},
          {"control-for", "SERIES", "", "of a web series: the science series it is compared with"},
          {"only", "A,B", "", "these tasks, names or globs"},
          {"mean", "NAME=GLOB", "", "a task more: the plain mean of those that fit; repeatable"},
          {"no-samples", "", "", "leave sample files out: scores only, no documents"},
          {"newest", "", "", "where files give different values, the newest counts"}};
}

ImportOptions import_options(const Arguments& arguments) {
  ImportOptions options;
  IdentityOptions& identity = options.identity;
  if (const auto text = arguments.text("pattern")) {
    identity.pattern = TextPattern::parse(*text, "--pattern");
  }
  identity.step_from = step_source(arguments.require("step-from"));
  if (const auto file = arguments.text("map")) identity.map = ImportMap::read(*file);
  if (const auto text = arguments.text("tokens")) {
    identity.tokens = StepTokens::parse(*text, "", "--tokens");
  }
  identity.series = arguments.text("series");
  identity.group = arguments.text("group");
  identity.control_for = arguments.text("control-for");
  if (const auto mix = arguments.text("mix")) identity.mix = mix_named(*mix, "--mix");
  options.tasks = words_of(arguments.texts("only"));
  for (const std::string& text : arguments.texts("mean")) add_mean(mean_of(text), options.means);
  options.samples = !arguments.flag("no-samples");
  options.newest = arguments.flag("newest");
  return options;
}

Store open_results(const Arguments& arguments) {
  std::vector<Path> paths(arguments.positional().begin(), arguments.positional().end());
  const auto stores = std::count_if(paths.begin(), paths.end(), is_store);
  if (paths.empty() || (stores == 1 && paths.size() == 1)) {
    refuse_import_options(arguments);
    return open_store(arguments);
  }
  if (stores > 0) {
    throw Error(std::find_if(paths.begin(), paths.end(), is_store)->string(),
                "is a store, and cannot be judged together with other files",
                "one store, or files of results; `e2lm import` puts these into a store");
  }
  Store store = Store::in_memory();
  report_skipped(import_results(paths, import_options(arguments), store));
  return store;
}

void report_skipped(const ImportSummary& summary) {
  for (const std::string& sentence : summary.mixed) {
    tell(fmt::format("e2lm: {}\n", sentence));
  }
  constexpr size_t kMost = 5;
  for (size_t i = 0; i < summary.skipped.size(); ++i) {
    if (i == kMost) {
      std::fputs(fmt::format("e2lm: skipped {} files more\n", summary.skipped.size() - i).c_str(),
                 stderr);
      return;
    }
    const ImportSummary::Skipped& file = summary.skipped[i];
    tell(fmt::format("e2lm: skipped {}: {}\n", file.path.string(), file.why));
  }
}

}  // namespace e2lm
