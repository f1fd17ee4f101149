#include "harness/submission/leaderboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include "reports/report.h"

namespace e2lm::submission {
namespace {

constexpr std::array<const char*, 4> kParts = {"total", "signal", "ranking", "compliance"};

std::string text_at(const Json& verdict, const char* object, const char* key) {
  const Json value = verdict.at(object).value(key, Json());
  return value.is_string() ? value.get<std::string>() : "";
}

// A part's number: "value", "low" or "high".
std::optional<double> number_at(const Json& verdict, const char* part, const char* which) {
  const Json scores = verdict.value("scores", Json());
  if (!scores.is_object()) return {};
  const Json object = scores.value(part, Json());
  if (!object.is_object()) return {};
  const Json value = object.value(which, Json());
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

Json documents_of(const Json& verdict) {
  const Json samples = verdict.at("checks").value("samples", Json());
  return samples.is_object() ? samples.value("documents", Json()) : Json();
}

std::string count_text(const Json& count) {
  return count.is_number_integer() ? std::to_string(count.get<int64_t>()) : "–";
}

bool is_valid(const Json& verdict) {
  return verdict.value("status", Json()) == "valid";
}

std::string reasons(const Json& verdict) {
  std::vector<std::string> texts;
  for (const char* list : {"faults", "open"}) {
    for (const Json& fault : verdict.at(list)) {
      std::string text = fault.at("text").get<std::string>();
      std::replace(text.begin(), text.end(), '\n', ' ');
      texts.push_back(fmt::format("{}: {}", fault.at("code").get<std::string>(), text));
    }
  }
  return fmt::format("{}", fmt::join(texts, "; "));
}

std::string status_of(const Json& verdict) {
  const Json status = verdict.value("status", Json());
  return status.is_string() ? status.get<std::string>() : "";
}

std::string with_interval(const Json& verdict, const char* part) {
  const auto low = number_at(verdict, part, "low"), high = number_at(verdict, part, "high");
  const std::string value = decimals(number_at(verdict, part, "value"));
  return low && high ? fmt::format("{} ({:.3f} to {:.3f})", value, *low, *high) : value;
}

}  // namespace

Leaderboard::Leaderboard(std::vector<Json> verdicts) {
  for (Json& verdict : verdicts) {
    (is_valid(verdict) ? ranked_ : others_).push_back(std::move(verdict));
  }
  const auto name = [](const Json& verdict) { return text_at(verdict, "submission", "name"); };
  const auto key = [&](const Json& verdict) {
    const auto total = number_at(verdict, "total", "value");
    return std::tuple(!total.has_value(), -total.value_or(0), name(verdict));
  };
  std::stable_sort(ranked_.begin(), ranked_.end(),
                   [&](const Json& a, const Json& b) { return key(a) < key(b); });
  std::stable_sort(others_.begin(), others_.end(),
                   [&](const Json& a, const Json& b) { return name(a) < name(b); });
}

Table Leaderboard::ranked() const {
  Table table{.header = {"submission", "task", "metric", "place", "total", "signal", "ranking",
                         "compliance", "samples"},
              .left = 3};
  int64_t place = 0;
  for (const Json& verdict : ranked_) {
    std::vector<std::string> row = {text_at(verdict, "submission", "name"),
                                    text_at(verdict, "task", "name"),
                                    text_at(verdict, "task", "metric")};
    const bool scored = number_at(verdict, "total", "value").has_value();
    row.push_back(scored ? std::to_string(++place) : "–");
    for (const char* part : kParts) row.push_back(with_interval(verdict, part));
    row.push_back(count_text(documents_of(verdict)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table Leaderboard::others() const {
  Table table{.header = {"submission", "status", "reasons"}, .left = 3};
  for (const Json& verdict : others_) {
    table.rows.push_back(
        {text_at(verdict, "submission", "name"), status_of(verdict), reasons(verdict)});
  }
  return table;
}

Json Leaderboard::json() const {
  Json json = {{"ranked", Json::array()}, {"others", Json::array()}, {"note", kComplianceNote}};
  for (const Json& verdict : ranked_) {
    Json row = {{"submission", verdict.at("submission")},
                {"task", verdict.at("task")},
                {"documents", documents_of(verdict)}};
    const Json scores = verdict.value("scores", Json());
    for (const char* part : kParts) {
      row[part] = scores.is_object() ? scores.value(part, Json()) : Json();
    }
    json["ranked"].push_back(std::move(row));
  }
  for (const Json& verdict : others_) {
    json["others"].push_back({{"submission", verdict.at("submission")},
                              {"status", status_of(verdict)},
                              {"faults", verdict.at("faults")},
                              {"open", verdict.at("open")}});
  }
  return json;
}

Table Leaderboard::whole() const {
  Table table{.header = {"submission", "task", "metric", "status"}, .left = 4};
  for (const char* part : kParts) {
    for (const char* suffix : {"", ".low", ".high"}) {
      table.header.push_back(std::string(part) + suffix);
    }
  }
  table.header.insert(table.header.end(), {"samples", "reasons"});
  for (const auto* list : {&ranked_, &others_}) {
    for (const Json& verdict : *list) {
      std::vector<std::string> row = {text_at(verdict, "submission", "name"),
                                      text_at(verdict, "task", "name"),
                                      text_at(verdict, "task", "metric"), status_of(verdict)};
      for (const char* part : kParts) {
        for (const char* which : {"value", "low", "high"}) {
          const auto number = number_at(verdict, part, which);
          row.push_back(number ? Json(*number).dump() : "");
        }
      }
      const Json documents = documents_of(verdict);
      row.push_back(documents.is_number_integer() ? count_text(documents) : "");
      row.push_back(reasons(verdict));
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

std::string Leaderboard::text() const {
  std::string text = ranked_.empty() ? "No valid submission.\n" : as_text(ranked());
  if (!others_.empty()) text += "\nNot ranked:\n" + as_text(others());
  return text + "\n" + kComplianceNote + "\n";
}

std::string Leaderboard::markdown() const {
  std::string text = "# Submissions\n\n";
  text += ranked_.empty() ? "No valid submission.\n" : as_markdown(ranked());
  if (!others_.empty()) text += "\n## Not ranked\n\n" + as_markdown(others());
  return text + "\n" + kComplianceNote + "\n";
}

}  // namespace e2lm::submission
