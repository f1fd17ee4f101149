#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/progress.h"
#include "base/terminal.h"
#include "harness/commands/sweep_parts.h"
#include "harness/results/results.h"
#include "harness/sweep/plan.h"
#include "harness/sweep/watch.h"

namespace e2lm {
namespace {

using Clock = std::chrono::steady_clock;

// A report takes at most this share of the time while checkpoints follow one another.
constexpr int kReportShare = 10;
constexpr int64_t kReloadSeconds = 20;

WatchOptions watch_options(const Arguments& arguments, const SweepSetup& setup) {
  const auto milliseconds = [&](const char* option, double scale) {
    const double number = *arguments.number(option);
    if (number <= 0 || number > 1e6) {
      throw Error(fmt::format("--{}", option), "must be above 0 and at most a million");
    }
    return std::chrono::milliseconds(static_cast<int64_t>(number * scale));
  };
  WatchOptions options{.interval = milliseconds("watch-interval", 1000),
                       .grows = setup.watched.has_value(),
                       .until_step = arguments.integer("watch-until"),
                       .stop = setup.options.stop};
  if (arguments.flag("watch-idle")) options.idle = milliseconds("watch-idle", 60'000);
  return options;
}

// The manifest of each look, with the series of the watched folder.
class WatchedManifest {
 public:
  WatchedManifest(const Arguments& arguments, SweepSetup& setup)
      : arguments_(arguments), setup_(setup) {}

  Manifest read() {
    if (!setup_.watched) return read_manifest(arguments_, setup_, true);
    if (setup_.manifest_path || !bundled_) bundled_ = read_manifest(arguments_, setup_, true);
    Manifest manifest = *bundled_;
    bool found = false;
    for (Series& series : setup_.watched->look()) {
      refuse_twin(manifest, series);
      found = found || !series.checkpoints.empty();
      find_tokenizer(manifest, series);
      manifest.series.push_back(std::move(series));
    }
    why_empty_ = found ? "" : setup_.watched->why_empty();
    return manifest;
  }

  // Why the watched folder gives nothing; empty if it does.
  const std::string& why_empty() const { return why_empty_; }

 private:
  void refuse_twin(const Manifest& manifest, const Series& series) const {
    for (const Series& other : manifest.series) {
      if (other.name != series.name) continue;
      throw Error(
          setup_.watched->path().string(),
          fmt::format("gives a series '{}', and so does {}", series.name, manifest.path.string()),
          "another name in the manifest");
    }
  }

  // The manifest's, where neither the checkpoints nor the folder have one.
  static void find_tokenizer(const Manifest& manifest, Series& series) {
    const auto some_have = [&](const char* file) {
      return std::any_of(series.checkpoints.begin(), series.checkpoints.end(),
                         [&](const CheckpointRef& ref) { return is_seen(ref.folder / file); });
    };
    if (!series.tokenizer.empty() || some_have("tokenizer.json")) return;
    series.tokenizer = manifest.tokenizer;
    if (!series.tokenizer.empty() || !some_have("config.json")) return;
    throw Error(fmt::format("series {}", series.name), "has no tokenizer",
                "a tokenizer.json in the checkpoints' folders or above them, or --watch-tokenizer");
  }

  const Arguments& arguments_;
  SweepSetup& setup_;
  std::optional<Manifest> bundled_;
  std::string why_empty_;
};

// Scores what has settled, and keeps the page up to date.
class WatchingSweep {
 public:
  WatchingSweep(const Arguments& arguments, SweepSetup& setup, const Manifest& first)
      : setup_(setup),
        tasks_(first.tasks),
        library_(open_library(arguments)),
        requests_(request_options(arguments)),
        store_(open_store(arguments, setup)) {
    library_.select(tasks_);  // a wrong name is said now, not when the first checkpoint comes
    setup_.options.after_checkpoint = [this] {
      if (Clock::now() - reported_ >= kReportShare * report_took_) write_page(true);
    };
    setup_.options.given_up = [this](const CheckpointRef& ref) {
      return given_up_.contains(ref.folder);
    };
    setup_.options.on_failure = [this](const CheckpointRef& ref) { given_up_.insert(ref.folder); };
  }

  Store& store() { return store_; }

  void sweep(const CheckpointWatch::Look& look) {
    if (look.settled.tasks != tasks_) {
      throw Error(look.settled.path.string(), "has other tasks than when the watch began",
                  "the watch started anew");
    }
    for (const Path& folder : look.news) given_up_.erase(folder);
    planned_ = plan(look.settled);
    const SweepSummary summary = run_sweep(planned_, store_, setup_.options);
    failed_ = summary.failed;
    say(describe(summary));
    write_page(true);
  }

  void write_page(bool watching) {
    if (!has_plan(store_)) return;
    const auto started = Clock::now();
    Report report = load_report(store_);
    if (watching) {
      report.live = Report::Live{
          .made = fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(std::time(nullptr))),
          .reload_seconds = kReloadSeconds};
    }
    write_report(report, setup_.folder / "report");
    reported_ = Clock::now();
    report_took_ = reported_ - started;
  }

  void say(const std::string& text) const {
    if (setup_.options.quiet) return;
    tell(text.ends_with('\n') ? text : text + "\n");
  }

  bool failed() const { return failed_ > 0; }

 private:
  PlannedSweep plan(const Manifest& settled) {
    return plan_sweep(
        settled, library_, store_, requests_, setup_.options.engine,
        {.stop = setup_.options.stop, .quiet = setup_.options.quiet, .earlier = &planned_});
  }

  SweepSetup& setup_;
  std::vector<std::string> tasks_;
  TaskLibrary library_;
  RequestOptions requests_;
  Store store_;
  PlannedSweep planned_;     // the latest
  std::set<Path> given_up_;  // failed with the files they have now
  Clock::time_point reported_;
  Clock::duration report_took_{};
  int64_t failed_ = 0;  // cells, at the latest look
};

// The page of a watch that ended says so by not waiting any longer, however it ended.
class PageAtEnd {
 public:
  explicit PageAtEnd(WatchingSweep& sweep) : sweep_(sweep) {}
  PageAtEnd(const PageAtEnd&) = delete;
  PageAtEnd& operator=(const PageAtEnd&) = delete;
  ~PageAtEnd() {
    try {
      sweep_.write_page(false);
    } catch (const Error& error) {  // what ended the watch is the one to report
      sweep_.say(error.what());
    }
  }

 private:
  WatchingSweep& sweep_;
};

std::string greeting(const SweepSetup& setup) {
  if (!setup.watched) return "Watching for checkpoints; Ctrl-C ends it.";
  return fmt::format("Watching {} for checkpoints; results go to {}. Ctrl-C ends it.",
                     setup.watched->path().string(), (setup.folder / "report/index.html").string());
}

}  // namespace

std::vector<Option> watch_option_rows() {
  return {{"watch", "[DIR]", "",
           "go on as a training run writes checkpoints into DIR, a folder each (step-1000, "
           "checkpoint-500, ..), or into the folders of DIR, a series each. They come to the "
           "manifest's series; without a manifest they are the series, and the tasks the bundled "
           "ones. Without DIR: series whose steps are `scan`, and listed checkpoints that are not "
           "there yet"},
          {"watch-pattern", "PATTERN", "",
           "how checkpoints are named in DIR, as my-model-{step} or {step:07}/hf; default: as "
           "their names tell"},
          {"watch-tokenizer", "PATH", "",
           "of DIR's series; default: with the checkpoints, in DIR, or the manifest's"},
          {"watch-tokens", "N", "",
           "training tokens of a step in DIR; without it curves run over steps"},
          {"watch-interval", "SECONDS", "10", "between two looks"},
          {"watch-until", "STEP", "",
           "end when every series has come to this step; with DIR those that are being written"},
          {"watch-idle", "MINUTES", "", "end when nothing new came for so long"}};
}

std::optional<WatchedFolder> watched_folder(const Arguments& arguments) {
  const std::string folder = arguments.text("watch").value_or("");
  if (folder.empty()) {
    for (const char* option : {"watch-pattern", "watch-tokenizer", "watch-tokens"}) {
      if (arguments.flag(option)) throw Error(fmt::format("--{}", option), "needs --watch DIR");
    }
    return {};
  }
  const Path extension = Path(folder).extension();
  if (std::filesystem::is_regular_file(folder) || extension == ".yaml" || extension == ".yml") {
    throw Error("--watch", fmt::format("'{}' is no folder", folder),
                "the folder that a training run writes checkpoints into; a manifest stands before "
                "it: e2lm sweep MANIFEST --watch");
  }
  WatchedFolder::Options options{.tokenizer = arguments.text("watch-tokenizer").value_or("")};
  if (const auto text = arguments.text("watch-pattern")) {
    options.pattern = StepPattern::parse(*text);
    if (!options.pattern) {
      throw Error("--watch-pattern", fmt::format("'{}' says no step", *text),
                  "a name with {step} or, with leading zeros, {step:07}");
    }
  }
  if (const auto tokens = arguments.number("watch-tokens")) {
    if (*tokens <= 0) throw Error("--watch-tokens", "must be above 0");
    options.tokens_per_step = *tokens;
  }
  return WatchedFolder(folder, std::move(options));
}

int sweep_watching(const Arguments& arguments, SweepSetup& setup) {
  const WatchOptions options = watch_options(arguments, setup);
  WatchedManifest manifest(arguments, setup);
  WatchingSweep sweep(arguments, setup, manifest.read());
  CheckpointWatch checkpoints{sweep.store()};
  if (has_plan(sweep.store())) checkpoints.remember(read_plan(sweep.store()));
  std::string said;
  const auto read = [&] {
    Manifest now = manifest.read();
    if (!manifest.why_empty().empty() && std::exchange(said, manifest.why_empty()) != said) {
      sweep.say(fmt::format("{}; waiting.", said));
    }
    return now;
  };
  const WatchHooks hooks{.read = read,
                         .sweep = [&](const CheckpointWatch::Look& look) { sweep.sweep(look); },
                         .say = [&](const std::string& text) { sweep.say(text); }};
  sweep.say(greeting(setup));
  std::map<Path, std::string> broken;
  {
    const PageAtEnd page(sweep);
    broken = watch(checkpoints, options, hooks);
  }
  for (const auto& [folder, why] : broken) {
    tell(fmt::format("e2lm: not scored: {}\n", why));
  }
  const bool scored = has_plan(sweep.store());
  if (scored) print_text(finish_sweep(sweep.store(), setup));
  if (!scored && broken.empty()) {
    tell(fmt::format("e2lm: nothing was scored: {}\n",
                     manifest.why_empty().empty() ? "no checkpoint came" : manifest.why_empty()));
  }
  return !scored || sweep.failed() || !broken.empty() ? 1 : 0;
}

}  // namespace e2lm
