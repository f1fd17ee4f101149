#include <fmt/format.h>

#include "harness/submission/verdict.h"
#include "reports/table.h"

namespace e2lm::submission {
namespace {

std::string text_of(const Json& object, const char* key) {
  const Json value = object.is_object() ? object.value(key, Json()) : Json();
  return value.is_string() ? value.get<std::string>() : "";
}

std::string number_of(const Json& object, const char* key) {
  const Json value = object.is_object() ? object.value(key, Json()) : Json();
  return value.is_number() ? value.dump() : "–";
}

std::optional<double> real_of(const Json& object, const char* key) {
  const Json value = object.value(key, Json());
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

std::string headline(const Json& verdict) {
  const Json& task = verdict.at("task");
  std::string text =
      fmt::format("{}: {}", text_of(verdict.at("submission"), "name"), text_of(verdict, "status"));
  if (const std::string name = text_of(task, "name"); !name.empty()) {
    text += fmt::format("\ntask {}, metric {}", name, text_of(task, "metric"));
    const std::string native = text_of(task, "native_metric");
    if (native != text_of(task, "metric")) text += fmt::format(" (here {})", native);
  }
  return text + "\n";
}

std::string patch_text(const Json& patch) {
  if (!patch.is_object()) return {};
  return fmt::format("patch: {} files added, {} modified, {} deleted, {} renamed, {} of Python\n",
                     patch.at("added").size(), patch.at("modified").size(),
                     patch.at("deleted").size(), patch.at("renamed").size(),
                     patch.at("python").size());
}

std::string domain_text(const Json& domain) {
  if (!domain.value("judge", Json()).is_string()) {
    return fmt::format("domain: {}", text_of(domain, "statement"));
  }
  return fmt::format("domain: {} accepts {} of {} items, {} failed", text_of(domain, "judge"),
                     number_of(domain, "accepted"), number_of(domain, "sampled"),
                     number_of(domain, "failed"));
}

std::string checks_text(const Json& checks) {
  std::string text;
  if (const auto found = checks.find("samples"); found != checks.end()) {
    text += fmt::format("samples: {}\n", number_of(*found, "documents"));
  }
  if (const auto found = checks.find("leakage"); found != checks.end()) {
    text += fmt::format("leakage: {} of {} items searched, {} list all their choices\n",
                        number_of(*found, "leaked"), number_of(*found, "searched"),
                        number_of(*found, "listed"));
  }
  if (const auto found = checks.find("duplicates"); found != checks.end()) {
    text += fmt::format("duplicates: {}, and {} with other wrong choices\n",
                        number_of(*found, "repeated"), number_of(*found, "same_answered"));
  }
  if (const auto found = checks.find("few_shot"); found != checks.end()) {
    text += fmt::format("few-shot: {} items see their own answer, {} are rows examples come from\n",
                        number_of(*found, "own_shown"), number_of(*found, "items_in_rows"));
  }
  if (const auto found = checks.find("overlap"); found != checks.end()) {
    text +=
        fmt::format("overlap: {} of {} items searched, in {} words\n", number_of(*found, "found"),
                    number_of(*found, "searched"), number_of(*found, "words"));
  }
  if (const auto found = checks.find("domain"); found != checks.end()) {
    text += domain_text(*found) + "\n";
  }
  return text;
}

std::string faults_text(const Json& list, const char* heading) {
  if (list.empty()) return {};
  std::string text = fmt::format("\n{}:\n", heading);
  for (const Json& fault : list) {
    text += fmt::format("  {}: {}\n", text_of(fault, "code"), text_of(fault, "text"));
  }
  return text;
}

std::string scores_text(const Json& verdict) {
  const Json& scores = verdict.at("scores");
  if (!scores.is_object()) return {};
  Table table{.header = {"score", "value", "from", "to"}};
  for (const char* part : {"signal", "ranking", "compliance", "total"}) {
    const Json& object = scores.at(part);
    table.rows.push_back({part, decimals(real_of(object, "value")),
                          decimals(real_of(object, "low")), decimals(real_of(object, "high"))});
  }
  std::string text = "\n" + as_text(table);
  for (const Json& absence : scores.value("absent", Json::array())) {
    text += fmt::format("no {}: {}\n", text_of(absence, "part"), text_of(absence, "reason"));
  }
  const Json domain = verdict.at("checks").value("domain", Json());
  if (domain.is_object() && !domain.value("judge", Json()).is_string()) {
    text += fmt::format("\nDomain: {}; the compliance measured on the series is {}.\n",
                        text_of(domain, "statement"),
                        decimals(real_of(scores.at("compliance"), "value")));
  }
  return text + "\n" + text_of(scores, "note") + "\n";
}

}  // namespace

std::string verdict_text(const Json& verdict) {
  return headline(verdict) + patch_text(verdict.at("patch")) + checks_text(verdict.at("checks")) +
         faults_text(verdict.at("faults"), "Faults") +
         faults_text(verdict.at("open"), "Not decided") +
         faults_text(verdict.at("warnings"), "To look at") + scores_text(verdict);
}

}  // namespace e2lm::submission
