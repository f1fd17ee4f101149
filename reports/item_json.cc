#include "reports/item_json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "reports/item_table.h"

namespace e2lm {
namespace {

Json exact(std::optional<double> value) {
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

Json rounded(std::optional<double> value) {
  if (!value || !std::isfinite(*value)) return nullptr;
  const double result = std::round(*value * 1e4) / 1e4;
  return result == 0 ? Json(0) : Json(result);  // no -0.0
}

using Number = Json (*)(std::optional<double> value);

Json falling_json(const ItemSummary& summary, int64_t item, Number number) {
  const ItemStatistics& of = summary.items[item];
  return {{"item", summary.document(item)},  {"early", number(of.early)}, {"late", number(of.late)},
          {"progress", number(of.progress)}, {"p", exact(of.fall_p)},     {"q", exact(of.fall_q)}};
}

Json suspect_json(const ItemSummary& summary, const SuspectKey& suspect, Number number) {
  const ItemStatistics& of = summary.items[suspect.item];
  const auto& wrong = suspect.wrong;
  return {{"item", summary.document(suspect.item)},
          {"choice", wrong ? Json(wrong->choice) : Json()},
          {"share", wrong ? number(wrong->share) : Json()},
          {"probability", wrong ? number(wrong->probability) : Json()},
          {"margin_nats", wrong ? number(wrong->margin_nats) : Json()},
          {"late", number(of.late)},
          {"discrimination", number(of.discrimination)}};
}

Json summary_json(const ItemSummary& summary, Number number, int64_t listed) {
  const auto first = [listed](const auto& all) {
    return std::span(all).first(std::min(std::ssize(all), listed));
  };
  Json falling = Json::array(), suspects = Json::array(), dead = Json::array();
  for (const int64_t item : first(summary.dead)) dead.push_back(summary.document(item));
  for (const int64_t item : first(summary.falling)) {
    falling.push_back(falling_json(summary, item, number));
  }
  for (const SuspectKey& suspect : first(summary.suspect_key)) {
    suspects.push_back(suspect_json(summary, suspect, number));
  }
  return {{"task", summary.task},
          {"metric", summary.metric},
          {"items", summary.items.size()},
          {"series", summary.series},
          {"checkpoints", summary.checkpoints},
          {"progress", number(summary.progress)},
          {"dead_count", summary.dead.size()},
          {"falling_count", summary.falling.size()},
          {"suspect_key_count", summary.suspect_key.size()},
          {"dead", std::move(dead)},
          {"falling", std::move(falling)},
          {"suspect_key", std::move(suspects)}};
}

}  // namespace

Json item_json(const ItemSummary& summary) {
  Json json = summary_json(summary, rounded, kListedItems);
  Json difficulty = Json::array(), discrimination = Json::array();
  for (const ItemStatistics& item : summary.items) {
    difficulty.push_back(rounded(item.difficulty));
    discrimination.push_back(rounded(item.discrimination));
  }
  if (!summary.documents.empty()) json["documents"] = summary.documents;
  json["difficulty"] = std::move(difficulty);
  json["discrimination"] = std::move(discrimination);
  return json;
}

Json full_item_json(const ItemSummary& summary) {
  Json json = summary_json(summary, exact, std::numeric_limits<int64_t>::max());
  const auto flags = item_flags(summary);
  Json items = Json::array();
  for (size_t i = 0; i < summary.items.size(); ++i) {
    const ItemStatistics& item = summary.items[i];
    items.push_back({{"item", summary.document(static_cast<int64_t>(i))},
                     {"difficulty", exact(item.difficulty)},
                     {"early", exact(item.early)},
                     {"late", exact(item.late)},
                     {"discrimination", exact(item.discrimination)},
                     {"progress", exact(item.progress)},
                     {"fall_p", exact(item.fall_p)},
                     {"fall_q", exact(item.fall_q)},
                     {"flags", flags[i]}});
  }
  json["statistics"] = std::move(items);
  return json;
}

}  // namespace e2lm
