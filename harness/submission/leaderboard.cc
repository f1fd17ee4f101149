#include "harness/submission/leaderboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include "harness/submission/how_scored.h"
#include "harness/submission/verdict.h"
#include "reports/judgement_json.h"
#include "reports/report.h"

namespace e2lm::submission {
namespace {

constexpr std::array<const char*, 4> kParts = {"total", "signal", "ranking", "compliance"};

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

std::vector<std::string> reasons(const Candidate& candidate) {
  std::vector<std::string> texts = candidate.reasons;
  for (const char* list : {"faults", "open"}) {
    for (const Json& fault : candidate.verdict.at(list)) {
      std::string text = fault.at("text").get<std::string>();
      std::replace(text.begin(), text.end(), '\n', ' ');
      texts.push_back(fmt::format("{}: {}", fault.at("code").get<std::string>(), text));
    }
  }
  return texts;
}

std::string reasons_text(const Candidate& candidate) {
  return fmt::format("{}", fmt::join(reasons(candidate), "; "));
}

std::string name_of(const Candidate& candidate) {
  return text_at(candidate.verdict, "submission", "name");
}

std::optional<double> total_of(const Candidate& candidate) {
  return number_at(candidate.verdict, "total", "value");
}

bool has_place(const Candidate& candidate) {
  return is_valid(candidate.verdict) && candidate.reasons.empty();
}

// Equal totals share a place, and those behind them count them all: 1, 2, 2, 4.
std::optional<int64_t> place_among(const std::vector<Candidate>& ranked, const Candidate& own) {
  const auto total = total_of(own);
  if (!total) return {};
  return 1 + std::count_if(ranked.begin(), ranked.end(),
                           [&](const Candidate& one) { return total_of(one) > total; });
}

// Totals that were not found alike do not compare.
void set_aside_the_differing(std::vector<Candidate>& candidates) {
  std::vector<Json> scorings;
  for (const Candidate& candidate : candidates) {
    scorings.push_back(has_place(candidate) ? how_scored(candidate.verdict) : Json());
  }
  const Json common = most_common(scorings);
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (scorings[i].is_null() || scorings[i] == common) continue;
    candidates[i].reasons.push_back(difference(scorings[i], common));
  }
}

// REQUIRES: the best first.
void set_aside_the_repeated(std::vector<Candidate>& candidates) {
  for (auto candidate = candidates.begin(); candidate != candidates.end(); ++candidate) {
    if (text_at(candidate->verdict, "submission", "sha256").empty()) continue;
    const auto first = std::find_if(candidates.begin(), candidate, [&](const Candidate& before) {
      return same_submission(before.verdict, candidate->verdict);
    });
    if (first == candidate) continue;
    candidate->reasons.push_back(fmt::format("the same submission as {}", name_of(*first)));
  }
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

Candidate read_candidate(const Path& path) {
  if (!std::filesystem::is_directory(path)) return {read_verdict(path)};
  if (std::filesystem::exists(path / "verdict.json")) return {read_verdict(path / "verdict.json")};
  const Path shown = path.filename().empty() ? path.parent_path() : path;
  Json verdict = verdict_json({.name = shown.filename().string()});
  verdict["status"] = "no verdict";
  const bool stopped = std::filesystem::exists(path / "store.sqlite");
  return {std::move(verdict),
          {stopped ? "no verdict yet: `e2lm submission score` goes on where it stopped"
                   : "the folder holds no verdict.json (expected one of `e2lm submission score`)"}};
}

Leaderboard::Leaderboard(std::vector<Candidate> candidates) {
  set_aside_the_differing(candidates);
  const auto key = [&](const Candidate& candidate) {
    const auto total = has_place(candidate) ? total_of(candidate) : std::nullopt;
    return std::tuple(!has_place(candidate), !total, -total.value_or(0), name_of(candidate));
  };
  const auto by_key = [&](const Candidate& a, const Candidate& b) { return key(a) < key(b); };
  std::stable_sort(candidates.begin(), candidates.end(), by_key);
  set_aside_the_repeated(candidates);
  std::stable_sort(candidates.begin(), candidates.end(), by_key);
  for (Candidate& candidate : candidates) {
    (has_place(candidate) ? ranked_ : others_).push_back(std::move(candidate));
  }
}

Table Leaderboard::ranked() const {
  Table table{.header = {"submission", "task", "metric", "place", "total", "signal", "ranking",
                         "compliance", "samples"},
              .left = 3};
  for (const Candidate& candidate : ranked_) {
    const Json& verdict = candidate.verdict;
    const auto place = place_among(ranked_, candidate);
    std::vector<std::string> row = {name_of(candidate), text_at(verdict, "task", "name"),
                                    text_at(verdict, "task", "metric"),
                                    place ? std::to_string(*place) : "–"};
    for (const char* part : kParts) row.push_back(with_interval(verdict, part));
    row.push_back(count_text(documents_of(verdict)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table Leaderboard::others() const {
  Table table{.header = {"submission", "status", "reasons"}, .left = 3};
  for (const Candidate& other : others_) {
    table.rows.push_back({name_of(other), status_of(other.verdict), reasons_text(other)});
  }
  return table;
}

Json Leaderboard::json() const {
  Json json = {{"ranked", Json::array()}, {"others", Json::array()}, {"note", kComplianceNote}};
  for (const Candidate& candidate : ranked_) {
    const Json& verdict = candidate.verdict;
    Json row = {{"place", or_null(place_among(ranked_, candidate))},
                {"submission", verdict.at("submission")},
                {"task", verdict.at("task")},
                {"documents", documents_of(verdict)}};
    const Json scores = verdict.value("scores", Json());
    for (const char* part : kParts) {
      row[part] = scores.is_object() ? scores.value(part, Json()) : Json();
    }
    json["ranked"].push_back(std::move(row));
  }
  for (const Candidate& other : others_) {
    json["others"].push_back({{"submission", other.verdict.at("submission")},
                              {"status", status_of(other.verdict)},
                              {"faults", other.verdict.at("faults")},
                              {"open", other.verdict.at("open")},
                              {"reasons", reasons(other)}});
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
  table.header.insert(table.header.end(), {"samples", "reasons", "place"});
  for (const auto* list : {&ranked_, &others_}) {
    for (const Candidate& candidate : *list) {
      const Json& verdict = candidate.verdict;
      std::vector<std::string> row = {name_of(candidate), text_at(verdict, "task", "name"),
                                      text_at(verdict, "task", "metric"), status_of(verdict)};
      for (const char* part : kParts) {
        for (const char* which : {"value", "low", "high"}) {
          const auto number = number_at(verdict, part, which);
          row.push_back(number ? Json(*number).dump() : "");
        }
      }
      const Json documents = documents_of(verdict);
      row.push_back(documents.is_number_integer() ? count_text(documents) : "");
      row.push_back(reasons_text(candidate));
      const auto place = list == &ranked_ ? place_among(ranked_, candidate) : std::nullopt;
      row.push_back(place ? std::to_string(*place) : "");
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
