#include "harness/submission/how_scored.h"

#include <fmt/format.h>

#include <algorithm>

namespace e2lm::submission {
namespace {

// Numbers and texts by the keys that lead to them: "weights.signal".
void flatten(const Json& value, const std::string& key, Json& flat) {
  if (!value.is_object()) {
    flat[key] = value;
    return;
  }
  for (const auto& [inner, inner_value] : value.items()) {
    flatten(inner_value, key.empty() ? inner : key + "." + inner, flat);
  }
}

std::string shown(const Json& scoring, const std::string& key) {
  const Json value = scoring.value(key, Json());
  if (value.is_null()) return "not given";
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Json how_scored(const Json& verdict) {
  const Json scores = verdict.value("scores", Json());
  if (!scores.is_object()) return {};
  Json flat = {{"settings", scores.value("settings", Json())}};
  std::vector<std::string> names;
  for (const Json& series : scores.value("series", Json::array())) {
    const Json name = series.is_object() ? series.value("series", Json()) : Json();
    if (!name.is_string()) continue;
    names.push_back(name.get<std::string>());
    flat["checkpoints of " + names.back()] = series.value("checkpoints_sha256", Json());
  }
  flat["series"] = fmt::format("{}", fmt::join(names, ", "));
  flatten(scores.value("rules", Json::object()), "", flat);
  return flat;
}

Json most_common(const std::vector<Json>& scorings) {
  Json best;
  int64_t most = 0;
  for (const Json& scoring : scorings) {
    const int64_t count = std::count(scorings.begin(), scorings.end(), scoring);
    if (scoring.is_null() || count <= most) continue;
    best = scoring;
    most = count;
  }
  return best;
}

std::string difference(const Json& scoring, const Json& of_ranked) {
  Json keys = of_ranked;  // and what only the other one has, behind
  keys.update(scoring);
  for (const auto& [key, ignored] : keys.items()) {
    if (scoring.value(key, Json()) == of_ranked.value(key, Json())) continue;
    return fmt::format("scored otherwise: {} is {}, of those ranked {}", key, shown(scoring, key),
                       shown(of_ranked, key));
  }
  return {};
}

}  // namespace e2lm::submission
