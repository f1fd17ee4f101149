#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "harness/import/identity.h"
#include "harness/import/imported.h"

namespace e2lm {

// What one file has said so far, whatever its format: it may say a thing twice, but not two things.
//
//   of a series      group, mix, control_for
//   of a checkpoint  tokens
//   of a score       value, standard error, samples
//   of a metric      chance level and direction, on one task
//
// What an option or the mapping says instead is no contradiction. Both functions throw Error with
// both values and places.
class FileAgreement {
 public:
  void add_checkpoint(const Identity& identity, const ImportedOrigin& origin);

  // Whether the score is new. Throws Error also where its standard error is below 0.
  bool add_score(const Identity& identity, const ImportedScore& score);

 private:
  template <typename Value>
  struct Said {
    Value value;
    std::string where;
  };
  template <typename Key, typename Value>
  using First = std::map<Key, Said<Value>>;
  using CheckpointKey = std::pair<std::string, int64_t>;  // series, step
  using MetricKey = std::pair<std::string, std::string>;  // task, metric
  using ScoreKey = std::pair<CheckpointKey, MetricKey>;

  // Whether `value`, called `name` in messages, is the first one said.
  template <typename Key, typename Value>
  static bool say(First<Key, Value>& first, const Key& key, const char* name, const Value& value,
                  const std::string& where);

  First<std::string, std::string> groups_, controls_;
  First<std::string, Mix> mixes_;
  First<CheckpointKey, double> tokens_;
  First<ScoreKey, std::optional<double>> values_;
  First<ScoreKey, double> errors_;
  First<ScoreKey, int64_t> samples_;
  First<MetricKey, double> chances_;
  First<MetricKey, bool> directions_;
};

}  // namespace e2lm
