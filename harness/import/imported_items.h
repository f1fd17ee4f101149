#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/import/import_tables.h"
#include "scoring/curves/curve.h"
#include "scoring/curves/item_values.h"
#include "scoring/judgement/sanity.h"

namespace e2lm {

// The documents of imported sample files, as the values that curves carry.
class ImportedItemValues {
 public:
  explicit ImportedItemValues(const Store& store);

  // A metric's values of each document at each point of a curve; empty where a point has none, the
  // points' documents differ, or the metric is not their mean.
  ItemValues values(const std::string& series, const std::string& task, const std::string& metric,
                    const Curve& curve);

  // The numbers of a task's documents; empty where they are 0, 1, 2, .. or there are none.
  std::vector<int32_t> documents(const std::string& task);

  // What guessing scores; none where no documents tell.
  std::optional<double> chance(const std::string& task, const std::string& metric);

  // What was found wrong while values were asked for.
  const std::vector<Finding>& findings() const { return findings_; }

 private:
  using Checkpoints = std::map<int64_t, ItemsRow>;  // by step
  struct First {
    ItemsRow row;
    std::vector<int32_t> ids;
    std::string where;
  };

  const First& first_of(const std::string& task);

  const Store& store_;
  std::map<std::pair<std::string, std::string>, Checkpoints> by_series_;  // and task
  std::map<std::string, First> first_;                                    // by task
  std::vector<Finding> findings_;
};

}  // namespace e2lm
