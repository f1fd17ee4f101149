#include "harness/submission/check.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "harness/submission/leakage.h"
#include "harness/submission/overlap.h"

namespace e2lm::submission {
namespace {

constexpr int64_t kMostExampleRows = 100'000;

std::string percent(double share) {
  return fmt::format("{:.1f} %", 100 * share);
}

class Checker {
 public:
  Checker(const CheckOptions& options, Checked& checked)
      : options_(options), verdict_(checked.verdict), task_(*checked.task) {}

  void run() {
    if (!read_items()) return;
    check_samples();
    check_leakage();
    check_repeats();
    check_shown_answers();
    check_overlap();
    check_domain();
  }

 private:
  // One document more than allowed is enough to see that there are too many.
  bool read_items() {
    bool all = true;
    for (const Task& member : task_.members) all = read_items_of(member) && all;
    return all;
  }

  bool read_items_of(const Task& member) {
    try {
      CheckedItems read = checked_items(member, options_.most_samples + 1);
      documents_ += read.documents;
      requests_ += read.requests;
      shots_ = std::max(shots_, read.shots);
      for (CheckedItem& item : read.items) items_.push_back(std::move(item));
      for (CheckedItem& row : example_items(member, kMostExampleRows)) {
        rows_.push_back(std::move(row));
      }
      return true;
    } catch (const Error& error) {
      // Data that are still to be got are nobody's fault.
      const bool elsewhere = !member.frozen && member.data.is_elsewhere();
      if (elsewhere) verdict_.leave_open("data", error.what());
      if (!elsewhere) verdict_.fault("data", error.what());
      return false;
    }
  }

  void check_samples() {
    verdict_.checks["samples"] = {
        {"documents", documents_},
        {"requests", documents_ == std::ssize(items_) ? Json(requests_) : Json()},
        {"shots", shots_},
        {"tasks", task_.members.size()},
        {"least", options_.least_samples},
        {"most", options_.most_samples}};
    if (documents_ >= options_.least_samples && documents_ <= options_.most_samples) return;
    verdict_.fault(
        "samples",
        fmt::format("has {} samples (expected {} to {})", with_commas(documents_),
                    with_commas(options_.least_samples), with_commas(options_.most_samples)));
  }

  void check_leakage() {
    const Leakage leakage = find_leakage(items_);
    verdict_.checks["leakage"] = leakage_json(leakage);
    const std::string text = fmt::format(
        "the right answer, and no wrong one, stands in the question of {} of {} items "
        "({} above what wrong answers do)",
        leakage.leaked, leakage.searched, percent(leakage.excess()));
    report("leakage", leakage.excess(), leakage.leaked, text, leakage.examples);
  }

  void check_repeats() {
    const Repeats repeats = find_repeats(items_);
    verdict_.checks["duplicates"] = repeats_json(repeats);
    report("duplicates", repeats.share(), repeats.repeated,
           fmt::format("{} of {} items are there before ({})", repeats.repeated, repeats.items,
                       percent(repeats.share())),
           repeats.examples);
  }

  void check_shown_answers() {
    const ShownAnswers shown = find_shown_answers(items_, rows_);
    verdict_.checks["few_shot"] = shown_answers_json(shown);
    if (shown.own_shown > 0) {
      verdict_.fault("few_shot",
                     fmt::format("{} of {} items stand with their answer among the examples of "
                                 "their own prompt: {}",
                                 shown.own_shown, shown.items, fmt::join(shown.examples, "; ")));
      return;
    }
    report("few_shot", shown.share(), shown.items_in_rows,
           fmt::format("{} of {} items are also rows that examples are taken from ({})",
                       shown.items_in_rows, shown.items, percent(shown.share())),
           shown.examples);
  }

  void check_overlap() {
    if (options_.against.empty()) return;
    const Overlap overlap = find_overlap(items_, options_.against, options_.stop);
    verdict_.checks["overlap"] = overlap_json(overlap);
    report("overlap", overlap.share(), overlap.found,
           fmt::format("{} of {} items stand in the given text ({})", overlap.found,
                       overlap.searched, percent(overlap.share())),
           overlap.examples);
  }

  // A fault above the allowed share, else something to look at.
  void report(const char* code, double share, int64_t count, std::string text,
              const std::vector<std::string>& examples) {
    if (count == 0) return;
    if (!examples.empty()) text += fmt::format(": {}", fmt::join(examples, "; "));
    if (share <= options_.most_share) return verdict_.warn(code, text);
    verdict_.fault(code,
                   text + fmt::format(" (expected at most {})", percent(options_.most_share)));
  }

  // A judge costs money: it is not asked about what is out already.
  void check_domain() {
    if (!options_.judge) return say_nobody_was_asked("no judge was asked");
    if (!verdict_.faults.empty()) {
      return say_nobody_was_asked("no judge was asked, as the submission is invalid anyway");
    }
    const Domain domain = judge_domain(items_, *options_.judge);
    verdict_.checks["domain"] = domain_json(domain, *options_.judge);
    verdict_.checks["domain"]["least"] = options_.least_accepted;
    const std::string text =
        fmt::format("the judge {} accepts {} of {} items as science or learning",
                    options_.judge->model, domain.accepted, domain.sampled);
    if (domain.most_share() < options_.least_accepted) {
      verdict_.fault("domain", text + fmt::format(" (expected at least {})",
                                                  percent(options_.least_accepted)));
    } else if (domain.least_share() < options_.least_accepted) {
      verdict_.leave_open("domain", fmt::format("{} and did not answer about {}: {}", text,
                                                domain.failed, domain.failure));
    } else if (domain.failed > 0) {
      verdict_.warn("domain", fmt::format("{} and did not answer about {}: {}", text, domain.failed,
                                          domain.failure));
    }
  }

  void say_nobody_was_asked(const char* text) {
    verdict_.checks["domain"] = {{"judge", nullptr}, {"statement", text}};
  }

  const CheckOptions& options_;
  Verdict& verdict_;
  const SubmittedTask& task_;
  std::vector<CheckedItem> items_, rows_;
  int64_t documents_ = 0, requests_ = 0, shots_ = 0;
};

// Every text below a node.
void for_each_text(Json& node, const std::function<void(std::string&)>& change) {
  if (node.is_string()) change(node.get_ref<std::string&>());
  if (!node.is_structured()) return;
  for (Json& inner : node) for_each_text(inner, change);
}

void replace_all(std::string& text, const std::string& what, std::string_view by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

}  // namespace

void clean(Verdict& verdict, const Path& root, const Secret& token) {
  const auto change = [&](std::string& text) {
    replace_all(text, root.string() + "/", "");
    replace_all(text, root.string(), ".");
    text = token.redact(std::move(text));
  };
  for (auto* list : {&verdict.faults, &verdict.open, &verdict.warnings}) {
    for (Fault& fault : *list) change(fault.text);
  }
  for (std::string* text :
       {&verdict.name, &verdict.task, &verdict.metric, &verdict.filter, &verdict.native_metric}) {
    change(*text);
  }
  for (Json* json : {&verdict.patch, &verdict.checks, &verdict.scores}) {
    for_each_text(*json, change);
  }
}

Checked check_submission(const Path& path, const Path& scratch, const CheckOptions& options) {
  for (const Path& text : options.against) {
    if (!std::filesystem::is_regular_file(text)) throw Error(text.string(), "no such file");
  }
  Checked checked;
  const auto submission = open_submission(path, scratch, checked.verdict);
  if (submission) checked.token = submission->metadata.token;
  if (options.opened) {
    clean(checked.verdict, scratch / "files", checked.token);
    options.opened(checked.verdict);
  }
  if (submission) {
    const bool named = !submission->is_patch || !submission->metadata.task.empty();
    if (named) checked.task = find_task(*submission, options.native, checked.verdict);
    if (checked.task) Checker(options, checked).run();
  }
  clean(checked.verdict, scratch / "files", checked.token);
  return checked;
}

}  // namespace e2lm::submission
