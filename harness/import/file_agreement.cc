#include "harness/import/file_agreement.h"

#include <fmt/format.h>

#include "base/error.h"

namespace e2lm {
namespace {

// What something is said of.
std::string in_words(const std::string& series) {
  return "series " + series;
}
std::string in_words(const std::pair<std::string, int64_t>& checkpoint) {
  return fmt::format("{} step {}", checkpoint.first, checkpoint.second);
}
std::string in_words(const std::pair<std::string, std::string>& metric) {
  return fmt::format("{} {}", metric.first, metric.second);
}
template <typename Checkpoint, typename Metric>
std::string in_words(const std::pair<Checkpoint, Metric>& score) {
  return fmt::format("{} of {}", in_words(score.second), in_words(score.first));
}

// What is said.
std::string spelt(const std::string& name) {
  return "'" + name + "'";
}
std::string spelt(Mix mix) {
  return mix == Mix::web ? "web" : "science";
}
std::string spelt(bool higher_is_better) {
  return higher_is_better ? "true" : "false";
}
std::string spelt(double number) {
  return fmt::format("{}", number);
}
std::string spelt(int64_t number) {
  return fmt::format("{}", number);
}
std::string spelt(const std::optional<double>& number) {
  return number ? spelt(*number) : "no number";
}

}  // namespace

template <typename Key, typename Value>
bool FileAgreement::say(First<Key, Value>& first, const Key& key, const char* name,
                        const Value& value, const std::string& where) {
  const auto [said, is_new] = first.try_emplace(key, Said<Value>{value, where});
  if (is_new || said->second.value == value) return is_new;
  throw Error(where, fmt::format("gives {} the {} {}", in_words(key), name, spelt(value)),
              fmt::format("{}, as {} does", spelt(said->second.value), said->second.where));
}

void FileAgreement::add_checkpoint(const Identity& identity, const ImportedOrigin& origin) {
  const auto& [series, step, tokens, group, mix, control] = identity;
  if (!origin.group.empty()) say(groups_, series, "group", *group, origin.where);
  if (!origin.mix.empty()) say(mixes_, series, "mix", *mix, origin.where);
  if (!origin.control_for.empty()) say(controls_, series, "control", *control, origin.where);
  if (origin.tokens) say(tokens_, CheckpointKey(series, step), "tokens", *tokens, origin.where);
}

bool FileAgreement::add_score(const Identity& identity, const ImportedScore& score) {
  const MetricKey metric(score.task, score.metric);
  const ScoreKey key(CheckpointKey(identity.series, identity.step), metric);
  const std::string& where = score.where;
  const bool is_new = say(values_, key, "value", score.value, where);
  if (score.standard_error.value_or(0) < 0) {
    throw Error(where,
                fmt::format("gives {} the standard error {}", in_words(key), *score.standard_error),
                "0 or more");
  }
  if (score.standard_error) say(errors_, key, "standard error", *score.standard_error, where);
  if (score.samples) say(samples_, key, "samples", *score.samples, where);
  if (score.chance) say(chances_, metric, "chance level", *score.chance, where);
  if (score.higher_is_better) {
    say(directions_, metric, "higher_is_better", *score.higher_is_better, where);
  }
  return is_new;
}

}  // namespace e2lm
