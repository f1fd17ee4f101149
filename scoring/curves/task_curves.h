#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scoring/curves/curve.h"
#include "scoring/curves/item_values.h"

namespace e2lm {

enum class Mix { science, web };

// One series' curve on one task by one metric, with what the series is.
struct SeriesCurve {
  std::string series;
  std::string group;  // series of one group (same size) are ranked against each other
  Mix mix = Mix::science;
  std::string control_for;  // of a web series: the science series it is compared with; empty for
                            // all of its group
  Curve curve;
  ItemValues items;  // by point of the curve, or empty
};

struct TaskCurves {
  std::string task;
  std::string metric;
  std::optional<double> chance;  // absent for metrics without a chance level
  std::vector<SeriesCurve> series;
  bool higher_is_better = true;
  int64_t item_count = 0;  // how many items a score is the mean of; 0: not known
  // The documents that the items are of, by their numbers in the data; empty: 0, 1, 2, ..
  std::vector<int32_t> documents;

  int64_t document(int64_t item) const { return documents.empty() ? item : documents[item]; }
};

}  // namespace e2lm
