#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <optional>

#include "base/error.h"
#include "base/progress.h"
#include "harness/commands/sweep_parts.h"
#include "harness/plan.h"
#include "harness/results.h"
#include "harness/watch.h"

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
                       .until_step = arguments.integer("watch-until"),
                       .stop = setup.options.stop};
  if (arguments.flag("watch-idle")) options.idle = milliseconds("watch-idle", 60'000);
  return options;
}

// Scores what has settled, and keeps the page up to date.
class WatchingSweep {
 public:
  WatchingSweep(const Arguments& arguments, SweepSetup& setup, const Manifest& first)
      : setup_(setup),
        tasks_(first.tasks),
        library_(open_library(arguments)),
        requests_(request_options(arguments)),
        store_(Store::open(setup.store_file())) {
    setup_.options.after_checkpoint = [this] {
      if (Clock::now() - reported_ >= kReportShare * report_took_) write_page(true);
    };
  }

  Store& store() { return store_; }

  void sweep(const Manifest& settled) {
    if (settled.tasks != tasks_) {
      throw Error(settled.path.string(), "has other tasks than when the watch began",
                  "the watch started anew");
    }
    const SweepSummary summary = run_sweep(plan(settled), store_, setup_.options);
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
    std::fputs((text.ends_with('\n') ? text : text + "\n").c_str(), stderr);
  }

  bool failed() const { return failed_ > 0; }

 private:
  PlannedSweep plan(const Manifest& settled) {
    return plan_sweep(settled, library_, store_, requests_, setup_.options.engine,
                      {.stop = setup_.options.stop, .quiet = setup_.options.quiet});
  }

  SweepSetup& setup_;
  std::vector<std::string> tasks_;
  TaskLibrary library_;
  RequestOptions requests_;
  Store store_;
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

}  // namespace

std::vector<Option> watch_option_rows() {
  return {{"watch", "", "",
           "go on as a training run writes checkpoints: those of series whose steps are `scan`, "
           "and listed ones that are not there yet"},
          {"watch-interval", "SECONDS", "10", "between two looks"},
          {"watch-until", "STEP", "", "end when every series has come to this step"},
          {"watch-idle", "MINUTES", "", "end when nothing new came for so long"}};
}

int sweep_watching(const Arguments& arguments, SweepSetup& setup) {
  const WatchOptions options = watch_options(arguments, setup);
  const auto read = [&] { return read_manifest(arguments, setup, true); };
  WatchingSweep sweep(arguments, setup, read());
  CheckpointWatch checkpoints{sweep.store()};
  if (has_plan(sweep.store())) checkpoints.remember(read_plan(sweep.store()));
  const WatchHooks hooks{.read = read,
                         .sweep = [&](const Manifest& settled) { sweep.sweep(settled); },
                         .say = [&](const std::string& text) { sweep.say(text); }};
  sweep.say("Watching for checkpoints; Ctrl-C ends it.");
  std::map<Path, std::string> broken;
  {
    const PageAtEnd page(sweep);
    broken = watch(checkpoints, options, hooks);
  }
  for (const auto& [folder, why] : broken) {
    std::fputs(fmt::format("e2lm: not scored: {}\n", why).c_str(), stderr);
  }
  if (has_plan(sweep.store())) print(finish_sweep(sweep.store(), setup));
  return sweep.failed() || !broken.empty() ? 1 : 0;
}

}  // namespace e2lm
