#include "scoring/judgement/absences.h"

#include <algorithm>

namespace e2lm {
namespace {

std::string why_no_signal(const Judgement& judgement) {
  const std::vector<std::string>& science = judgement.task_signal.models;
  if (science.empty()) return "no science series has a result";
  // Below eight points there is no lag: see SignalQuality.
  const bool short_curves = std::ranges::all_of(judgement.signal, [&](const auto& s) {
    return s.signal.lags == 0 || std::ranges::find(science, s.series) == science.end();
  });
  return short_curves ? "no science series has eight early checkpoints"
                      : "the scores of the science series stay the same for long stretches";
}

std::string why_no_ranking(const Judgement& judgement) {
  if (judgement.ranking.empty()) return "no group has two science series";
  const bool no_late = std::ranges::all_of(judgement.ranking,
                                           [](const auto& pair) { return pair.result.late == 0; });
  return no_late ? "no two science series of a group share a late checkpoint"
                 : "the models score the same at the reference, or are not all there";
}

std::string why_no_compliance(const Judgement& judgement) {
  if (judgement.compliance.empty()) return "no group has a science series and a web series";
  const bool no_common = std::ranges::all_of(
      judgement.compliance, [](const auto& pair) { return pair.result.points == 0; });
  return no_common ? "science and web series share no early checkpoint"
                   : "the measure is not defined here (for gap_over_chance: no chance level)";
}

}  // namespace

std::vector<Absence> absences(const Judgement& judgement) {
  std::vector<Absence> all;
  if (!judgement.signal_mean) all.push_back({"signal", why_no_signal(judgement)});
  if (!judgement.ranking_mean) all.push_back({"ranking", why_no_ranking(judgement)});
  if (!judgement.compliance_mean) all.push_back({"compliance", why_no_compliance(judgement)});
  return all;
}

}  // namespace e2lm
