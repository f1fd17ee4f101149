#include "harness/commands/submission_options.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/error.h"
#include "base/terminal.h"
#include "base/text.h"
#include "harness/interrupt.h"

namespace e2lm {
namespace {

double share(const Arguments& arguments, std::string_view name) {
  const double value = arguments.number(name).value_or(0);
  if (value >= 0 && value <= 1) return value;
  throw Error(fmt::format("--{}", name), fmt::format("{} is no share", value), "0 to 1");
}

submission::NativeMetrics native_metrics(const Arguments& arguments) {
  submission::NativeMetrics metrics;
  for (const std::string& text : arguments.texts("native")) {
    const size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
      throw Error("--native", fmt::format("'{}' names no function and metric", text),
                  "FUNCTION=METRIC, as custom_metrics.mean_margin=margin_mean");
    }
    metrics[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return metrics;
}

int64_t judged_items(const std::string& text) {
  if (text == "all") return 0;
  const bool digits = !text.empty() && text.size() < 10 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  const int64_t items = digits ? std::stoll(text) : 0;
  if (items > 0) return items;
  throw Error("--judge-items", fmt::format("'{}' is no number of items", text),
              "a number above 0, or all");
}

std::optional<submission::JudgeOptions> judge_options(const Arguments& arguments) {
  if (arguments.flag("no-judge")) return {};
  auto options = submission::judge_of_environment();
  if (!options) return {};
  options->items = judged_items(arguments.require("judge-items"));
  const int64_t seed = arguments.integer("judge-seed").value_or(0);
  if (seed < 0) throw Error("--judge-seed", "must not be negative");
  options->seed = static_cast<uint64_t>(seed);
  options->cache = arguments.require("judge-cache");
  const int64_t seconds = arguments.integer("judge-timeout").value_or(0);
  if (seconds < 1) throw Error("--judge-timeout", "must be above 0", "seconds");
  options->http.stall_timeout_ms = 1000 * seconds;
  options->http.retry.tries = static_cast<int>(arguments.integer("judge-tries").value_or(0));
  if (options->http.retry.tries < 1) throw Error("--judge-tries", "must be above 0");
  options->http.stop = interrupted;
  options->say = [](const std::string& text) { tell(fmt::format("e2lm: {}\n", text)); };
  return options;
}

}  // namespace

std::vector<Option> check_option_rows() {
  return {
      {"against", "FILE", "",
       "a text, say a training corpus, in which items must not stand: .txt, .jsonl or .json, "
       "also .gz; may be given repeatedly"},
      {"most-share", "SHARE", "0.05",
       "of items that may leak their answer, be there before, be rows of the examples' split, or "
       "stand in the given text"},
      {"native", "FUNCTION=METRIC", "",
       "a metric of this program that stands for a Python one of metric_list; may be given "
       "repeatedly"},
      {"no-judge", "", "", "ask no judge, even if E2LM_JUDGE_URL names one"},
      {"judge-items", "N", "50", "items, drawn at random, that the judge is asked about, or all"},
      {"judge-seed", "S", "1234", "of that draw"},
      {"judge-least", "SHARE", "0.5", "of them that the judge must accept"},
      {"judge-cache", "DIR", "runs/judge",
       "where its answers are kept, so that none is paid twice"},
      {"judge-timeout", "SECONDS", "60", "of silence after which a question is asked again"},
      {"judge-tries", "N", "6", "times a question is asked at most"}};
}

submission::CheckOptions check_options(const Arguments& arguments) {
  submission::CheckOptions options{.most_share = share(arguments, "most-share"),
                                   .least_accepted = share(arguments, "judge-least"),
                                   .native = native_metrics(arguments),
                                   .judge = judge_options(arguments),
                                   .stop = interrupted};
  for (const std::string& file : arguments.texts("against")) options.against.emplace_back(file);
  return options;
}

}  // namespace e2lm
