#include <fmt/format.h>

#include <cstdio>
#include <optional>

#include "base/error.h"
#include "base/memory.h"
#include "base/terminal.h"
#include "base/text.h"
#include "harness/commands/all.h"
#include "harness/commands/hub_options.h"
#include "harness/commands/run_options.h"
#include "harness/commands/shared.h"
#include "harness/hub/task_data.h"
#include "harness/manifest/manifest.h"

namespace e2lm {
namespace {

std::vector<HubPlace> wanted_places(const Arguments& arguments) {
  if (const auto model = arguments.text("model")) {
    if (!arguments.positional().empty()) {
      throw Error("--model", "and a manifest exclude each other");
    }
    if (!is_repo_name(*model)) {
      throw Error("--model", fmt::format("'{}' is no repository's name", *model), "ORG/NAME");
    }
    HubPlace place{.repo = *model, .subfolder = arguments.text("subfolder").value_or("")};
    place.revision = arguments.text("revision").value_or("main");
    for (const std::string& part : {place.revision, place.subfolder}) {
      if (!part.empty() && !is_inside_path(part)) {
        throw Error(fmt::format("'{}'", part), "is no name within a repository");
      }
    }
    return {place};
  }
  const Path path =
      arguments.positional().empty() ? kDefaultManifest : arguments.positional().front();
  std::vector<HubPlace> places = hub_places(Manifest::read(path));
  if (places.empty()) {
    throw Error(path.string(), "names no checkpoints on the hub: all are local folders",
                "series with the key 'hub'");
  }
  return places;
}

// The data of tasks, put where tasks look for it.
int fetch_task_data(const Arguments& arguments) {
  if (!arguments.positional().empty() || arguments.text("model")) {
    throw Error("--tasks", "is a fetch of its own, without a manifest and without --model");
  }
  const std::string way = arguments.text("data-from").value_or("auto");
  const std::optional<DataFrom> from = parse_data_from(way);
  if (!from) throw Error("--data-from", fmt::format("is '{}'", way), "auto, rows or files");
  const std::vector<WantedSplit> wanted =
      missing_splits(open_library(arguments).select(words_in(arguments.require("tasks"))).tasks);
  if (wanted.empty()) print("Nothing to fetch: the tasks' data are here.\n");
  HubConnection connection(arguments, arguments.flag("quiet"));
  TaskDataFetcher fetcher(connection.fetcher, *from, arguments.flag("quiet"),
                          [](const std::string& line) { tell(line + "\n"); });
  bool failed = false;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const WantedSplit& split = wanted[i];
    try {
      const std::optional<FetchedSplit> fetched = fetcher.fetch(split);
      print_text(
          fetched ? fmt::format("{}: {} rows\n", fetched->file.string(), with_commas(fetched->rows))
                  : fmt::format("{} is here by now: another program brought it\n", split.name()));
    } catch (const HubUnreachable& error) {
      print_text(fmt::format("failed: {}\n{} more splits not fetched.\n", error.what(),
                             wanted.size() - i - 1));
      return 1;
    } catch (const Error& error) {
      print_text(fmt::format("failed: {}\n", error.what()));
      failed = true;
    }
  }
  return failed ? 1 : 0;
}

int run(const Arguments& arguments) {
  for (const char* option : {"revision", "subfolder"}) arguments.check_companion(option, "model");
  if (arguments.text("tasks")) return fetch_task_data(arguments);
  for (const char* option : {"data-from", "include_path"}) {
    arguments.check_companion(option, "tasks");
  }
  const std::vector<HubPlace> places = wanted_places(arguments);
  HubConnection connection(arguments, arguments.flag("quiet"));
  const FetchSummary summary = connection.fetcher.fetch_checkpoints(places);
  std::string text;
  for (const std::string& failure : summary.failures) text += fmt::format("failed: {}\n", failure);
  text += summary.files == 0 && summary.failures.empty()
              ? fmt::format("Nothing to fetch: all {} are here.\n",
                            places.size() == 1 ? "files" : "checkpoints")
              : fmt::format("Fetched {} files, {} downloaded.\n", summary.files,
                            format_bytes(summary.bytes));
  if (places.size() == 1 && summary.failures.empty()) {
    text += fmt::format("{}\n", connection.fetcher.cache().folder(places.front()).string());
  }
  print_text(text);
  return summary.failures.empty() ? 0 : 1;
}

}  // namespace

Command fetch_command() {
  return {
      .name = "fetch",
      .arguments = "[checkpoints.yaml]",
      .summary = "Download the checkpoints that a manifest names on the hub, or tasks' data.",
      .details =
          "Only configuration, safetensors and tokenizer; a stopped download goes on where it\n"
          "was; length and hash of every file are checked. Files lie in the cache that the\n"
          "huggingface_hub library uses (HF_HUB_CACHE, HF_HOME). HF_TOKEN opens what is private\n"
          "or gated, HF_ENDPOINT names another hub. Exit code 1 if something could not be had.\n"
          "\n"
          "Data of --tasks come as rows from the hub's rows server, or as the data set's own "
          "JSON,\n"
          "CSV and TSV files; auto takes the files where there are no rows.",
      .options = join(
          {{"model", "ORG/NAME", "", "one repository's checkpoint, not a manifest"},
           {"revision", "REV", "", "of --model: branch, tag or commit; default: main"},
           {"subfolder", "DIR", "", "of --model: where in the repository"}},
          join(join({{"tasks,t", "A,B", "", "the data of tasks instead, into E2LM_DATA or data/"},
                     {"data-from", "WAY", "auto", "of --tasks: rows, files or auto; see above"},
                     {"include_path", "DIR", "", "look for task files here too"}},
                    hub_option_rows()),
               {{"quiet,q", "", "", "no progress"}})),
      .max_positional = 1,
      .run = run,
      .ends_when_interrupted = true};
}

}  // namespace e2lm
