#include "harness/submission/verdict.h"

#include "base/error.h"

namespace e2lm::submission {
namespace {

constexpr const char* kFormat = "e2lm submission verdict";

Json faults_json(const std::vector<Fault>& faults) {
  Json list = Json::array();
  for (const Fault& fault : faults) list.push_back({{"code", fault.code}, {"text", fault.text}});
  return list;
}

}  // namespace

Verdict::Status Verdict::status() const {
  if (!faults.empty()) return Status::invalid;
  return open.empty() ? Status::valid : Status::undecided;
}

std::string_view Verdict::status_name() const {
  switch (status()) {
    case Status::valid:
      return "valid";
    case Status::invalid:
      return "invalid";
    case Status::undecided:
      return "undecided";
  }
  return "";
}

void Verdict::fault(std::string_view code, std::string_view text) {
  faults.push_back({std::string(code), std::string(text)});
}

void Verdict::leave_open(std::string_view code, std::string_view text) {
  open.push_back({std::string(code), std::string(text)});
}

void Verdict::warn(std::string_view code, std::string_view text) {
  warnings.push_back({std::string(code), std::string(text)});
}

bool Verdict::attempt(std::string_view code, const std::function<void()>& step) {
  try {
    step();
    return true;
  } catch (const Error& error) {
    fault(code, error.what());
    return false;
  }
}

Json verdict_json(const Verdict& verdict) {
  const Json task = {{"name", verdict.task},
                     {"metric", verdict.metric},
                     {"filter", verdict.filter},
                     {"native_metric", verdict.native_metric}};
  return {
      {"format", kFormat},
      {"version", kVerdictVersion},
      {"submission", {{"name", verdict.name}, {"sha256", verdict.sha256}, {"form", verdict.form}}},
      {"status", verdict.status_name()},
      {"faults", faults_json(verdict.faults)},
      {"open", faults_json(verdict.open)},
      {"warnings", faults_json(verdict.warnings)},
      {"task", task},
      {"patch", verdict.patch},
      {"checks", verdict.checks},
      {"scores", verdict.scores}};
}

std::string text_at(const Json& verdict, const char* object, const char* key) {
  const Json value = verdict.at(object).value(key, Json());
  return value.is_string() ? value.get<std::string>() : "";
}

bool same_submission(const Json& a, const Json& b) {
  const auto alike = [&](const char* key) {
    const std::string of_a = text_at(a, "task", key), of_b = text_at(b, "task", key);
    return of_a.empty() || of_b.empty() || of_a == of_b;
  };
  return text_at(a, "submission", "sha256") == text_at(b, "submission", "sha256") &&
         alike("name") && alike("metric") && alike("filter");
}

Json read_verdict(const Path& path) {
  Json verdict = parse_json(read_file(path), path.string());
  const bool ours = verdict.is_object() && verdict.value("format", Json()) == kFormat;
  if (!ours) throw Error(path.string(), "is no verdict", "a file of `e2lm submission`");
  if (verdict.value("version", Json()) != kVerdictVersion) {
    throw Error(path.string(), "has another version of the verdict's format",
                std::to_string(kVerdictVersion));
  }
  for (const char* key : {"submission", "task", "checks"}) {
    if (!verdict.value(key, Json()).is_object()) {
      throw Error(path.string(), std::string("has no '") + key + "'");
    }
  }
  for (const char* key : {"faults", "open", "warnings"}) {
    const Json list = verdict.value(key, Json());
    bool right = list.is_array();
    for (const Json& fault : list) {
      right = right && fault.is_object() && fault.value("code", Json()).is_string() &&
              fault.value("text", Json()).is_string();
    }
    if (!right) throw Error(path.string(), std::string("has no list '") + key + "'");
  }
  return verdict;
}

}  // namespace e2lm::submission
