#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/error.h"
#include "base/terminal.h"
#include "base/text.h"
#include "harness/commands/all.h"
#include "harness/commands/scoring_options.h"
#include "harness/commands/shared.h"
#include "harness/commands/submission_options.h"
#include "harness/interrupt.h"
#include "harness/submission/check.h"
#include "harness/submission/leaderboard.h"
#include "harness/submission/scores.h"
#include "harness/submission/scratch_folder.h"
#include "reports/csv.h"

namespace e2lm {
namespace {

using submission::Checked;
using submission::Verdict;

std::string format_of(const Arguments& arguments, const std::vector<std::string>& known) {
  const std::string format = arguments.require("format");
  if (std::find(known.begin(), known.end(), format) != known.end()) return format;
  throw Error("--format", fmt::format("'{}' is unknown", format),
              fmt::format("{}", fmt::join(known, ", ")));
}

Path only_path(const Arguments& arguments) {
  if (arguments.positional().size() == 2) return arguments.positional().back();
  throw Error("submission", "one file or folder is to be named",
              fmt::format("e2lm submission {} FILE.zip", arguments.positional().front()));
}

void write_verdict(const Json& verdict, const Path& path) {
  write_file(path, json_text(verdict));
}

// Prints the verdict; 1 unless the submission is valid.
int conclude(const Verdict& verdict, const std::string& format, const std::optional<Path>& output) {
  const Json json = submission::verdict_json(verdict);
  if (output) write_verdict(json, *output);
  print(format == "json" ? json_text(json) : for_terminal(submission::verdict_text(json)));
  return verdict.status() == Verdict::Status::valid ? 0 : 1;
}

// What is written into an entry's own folder would belong to it, which made it another entry.
void refuse_within(const Path& entry, const Path& output, std::string_view option) {
  if (!std::filesystem::is_directory(entry)) return;
  const auto whole = [](const Path& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path));
  };
  const Path folder = whole(entry), place = whole(output);
  const auto ends = std::mismatch(folder.begin(), folder.end(), place.begin(), place.end());
  if (ends.first != folder.end()) return;
  throw Error(output.string(), "lies in the entry's folder and would be a part of it",
              fmt::format("a place outside of it, by {}", option));
}

submission::CheckOptions options_of(const Arguments& arguments, const Path& entry) {
  auto options = check_options(arguments);
  if (options.judge) refuse_within(entry, options.judge->cache, "--judge-cache DIR");
  return options;
}

int run_check(const Arguments& arguments) {
  const std::string format = format_of(arguments, {"text", "json"});
  const Path path = only_path(arguments);
  const auto output = arguments.text("output");
  if (output) {  // before a judge is paid
    refuse_within(path, *output, "--output FILE");
    check_can_write(*output);
  }
  const submission::ScratchFolder scratch;
  const Checked checked =
      submission::check_submission(path, scratch.path(), options_of(arguments, path));
  return conclude(checked.verdict, format, output ? std::optional<Path>(*output) : std::nullopt);
}

// Whether a check leaves a task that scores can be given to.
bool can_be_scored(const Checked& checked) {
  const auto& checks = checked.verdict.checks;
  return checked.task && checked.verdict.faults.empty() && checks.contains("samples");
}

// --only-series: the others are not even computed.
void keep_series(const std::vector<std::string>& globs, Manifest& manifest) {
  if (globs.empty()) return;
  std::vector<std::string> known;
  for (const Series& series : manifest.series) known.push_back(series.name);
  std::erase_if(manifest.series, [&](const Series& series) {
    return std::none_of(globs.begin(), globs.end(),
                        [&](const std::string& glob) { return matches_glob(series.name, glob); });
  });
  if (!manifest.series.empty()) return;
  throw Error("--only-series", fmt::format("'{}' fits no series", fmt::join(globs, ",")),
              fmt::format("{}", fmt::join(known, ", ")));
}

void score(const Arguments& arguments, const Path& run, const Path& scratch, Checked& checked) {
  const auto series = arguments.text("series");
  Manifest manifest = Manifest::read(series ? Path(*series) : bundled_manifest());
  manifest.tokens = token_rules(arguments, manifest.tokens);
  keep_series(chosen_series(arguments), manifest);
  SweepOptions options{
      .engine = engine_options(arguments), .quiet = arguments.flag("quiet"), .stop = interrupted};
  if (!arguments.given("dtype")) options.engine.precision = manifest.precision;
  Store store = Store::open(run / "store.sqlite");
  const submission::Scored scored =
      submission::score_task(*checked.task, manifest, store, options, scoring_options(arguments));
  checked.verdict.scores = submission::scores_json(scored);
  if (scored.summary.failed > 0) {
    checked.verdict.leave_open("sweep", fmt::format("{} of {} cells could not be computed; the "
                                                    "report shows which",
                                                    scored.summary.failed, scored.summary.cells));
  }
  submission::clean(checked.verdict, scratch / "files", checked.token);
  write_report(scored.report, run / "report");
}

// "sha256 0123456789ab, task stars, metric acc", as far as it is known.
std::string identity(const Json& verdict) {
  const std::string sha256 = submission::text_at(verdict, "submission", "sha256");
  std::string text = sha256.empty() ? "unreadable" : "sha256 " + sha256.substr(0, 12);
  for (const auto& [key, label] : {std::pair("name", "task"), std::pair("metric", "metric")}) {
    const std::string value = submission::text_at(verdict, "task", key);
    if (!value.empty()) text += fmt::format(", {} {}", label, value);
  }
  return text;
}

Path run_folder(const Arguments& arguments, const Verdict& verdict) {
  const auto output = arguments.text("output");
  return output ? Path(*output) : Path("runs/submissions") / verdict.name;
}

// Folders are called after files, and two people's files may be called the same.
void refuse_folder_of_another(const Path& run, const Path& given, const Verdict& verdict) {
  if (!std::filesystem::exists(run / "verdict.json")) return;
  const Json there = submission::read_verdict(run / "verdict.json");
  const Json here = submission::verdict_json(verdict);
  if (submission::same_submission(there, here)) return;
  throw Error(run.string(),
              fmt::format("holds the verdict on another submission, {} ({}), which {} ({}) would "
                          "replace",
                          submission::text_at(there, "submission", "name"), identity(there),
                          given.string(), identity(here)),
              "another folder by -o DIR, or this one to be removed");
}

int run_score(const Arguments& arguments) {
  const std::string format = format_of(arguments, {"text", "json"});
  const Path path = only_path(arguments);
  auto check = options_of(arguments, path);
  check.opened = [&](const Verdict& opened) {
    const Path run = run_folder(arguments, opened);
    refuse_within(path, run, "--output DIR");
    refuse_folder_of_another(run, path, opened);
  };
  scoring_options(arguments);  // wrong ones are said before any work
  const submission::ScratchFolder scratch;
  Checked checked = submission::check_submission(path, scratch.path(), check);
  const Path run = run_folder(arguments, checked.verdict);
  if (can_be_scored(checked)) score(arguments, run, scratch.path(), checked);
  const int code = conclude(checked.verdict, format, run / "verdict.json");
  tell(fmt::format("Verdict: {}\n", (run / "verdict.json").string()));
  return code;
}

int run_leaderboard(const Arguments& arguments) {
  const std::string format = format_of(arguments, {"text", "markdown", "csv", "json"});
  const auto& words = arguments.positional();
  if (words.size() < 2) {
    throw Error("submission leaderboard", "names no verdict", "the files verdict.json");
  }
  std::vector<submission::Candidate> candidates;
  for (size_t i = 1; i < words.size(); ++i) {
    candidates.push_back(submission::read_candidate(words[i]));
  }
  const submission::Leaderboard board(std::move(candidates));
  const std::string text = format == "json"       ? json_text(board.json())
                           : format == "csv"      ? as_csv(board.whole())
                           : format == "markdown" ? board.markdown()
                                                  : board.text();
  if (const auto output = arguments.text("output")) {
    write_file(*output, text);
  } else {
    print(text);
  }
  return 0;
}

std::vector<Option> score_rows() {
  return join(scoring_option_rows(), join(token_option_rows(), engine_option_rows()));
}

// Who asks for other weights of a leaderboard would take it for one under them.
void refuse_idle_options(const Arguments& arguments, const std::string& what) {
  std::vector<Option> idle;
  if (what != "score") idle = join(score_rows(), {{.name = "series"}});
  if (what == "leaderboard") idle = join(idle, check_option_rows());
  for (const Option& option : idle) {
    if (!arguments.given(option.name)) continue;
    throw Error(fmt::format("--{}", option.name),
                fmt::format("means nothing to `submission {}`", what),
                what == "leaderboard" ? "it at `submission score`, which writes verdicts"
                                      : "it at `submission score`");
  }
}

int run(const Arguments& arguments) {
  const std::string& what = arguments.positional().front();
  refuse_idle_options(arguments, what);
  if (what == "check") return run_check(arguments);
  if (what == "score") return run_score(arguments);
  if (what == "leaderboard") return run_leaderboard(arguments);
  throw Error("submission", fmt::format("'{}' is unknown", what), "check, score or leaderboard");
}

std::vector<Option> own_rows() {
  return {{"format", "NAME", "text", "text or json; of a leaderboard also markdown or csv"},
          {"output,o", "PATH", "",
           "of check and leaderboard a file; of score the run folder, by default "
           "runs/submissions/NAME, which must not hold another submission's verdict"},
          {"series", "FILE", "",
           "manifest whose series the task is scored on; default: the bundled checkpoints.yaml"},
          {"quiet,q", "", "", "no progress"}};
}

}  // namespace

Command submission_command() {
  return {
      .name = "submission",
      .arguments = "check FILE | score FILE | leaderboard VERDICTS..",
      .summary = "A competition entry: limits, leakage, domain, scores; a leaderboard of many.",
      .details =
          "FILE is a zip or tar archive or a folder, with evaluation.patch and metadata.yaml or "
          "with\n"
          "task.yaml and data. Nothing in it is executed. A judge of the items' domain is asked\n"
          "if E2LM_JUDGE_URL and E2LM_JUDGE_MODEL (and E2LM_JUDGE_KEY, E2LM_JUDGE_PRICE) name\n"
          "one. Exit code 1 if the submission is not valid.",
      .options = join(join(own_rows(), check_option_rows()), score_rows()),
      .min_positional = 1,
      .max_positional = kAnyNumber,
      .run = run,
      .ends_when_interrupted = true};
}

}  // namespace e2lm
