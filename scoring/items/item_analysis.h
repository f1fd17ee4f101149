#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scoring/curves/task_curves.h"
#include "scoring/items/choice_votes.h"

namespace e2lm {

// What the items of a task say, each by itself, over the rows of a matrix: one row per checkpoint
// of every series, one column per item, a metric's value in each cell.

struct ItemRules {
  double level = 0.05;       // adjusted p-value at which an item counts as falling
  double consistency = 0.9;  // share of late checkpoints with the same wrong favourite,
  double confidence = 0.8;   // and the probability they give it, for a suspected key
  double negative = -0.3;    // discrimination of a falling item for the same, without votes
};

// Of one item. Values are the metric's own; correlations are of values turned so that higher is
// better.
//   difficulty      mean over all rows: of an accuracy the share correct
//   early, late     mean over the first and the last third of each series' checkpoints (at least
//                   one each)
//   discrimination  corrected item-total correlation: Pearson's of the item with the sum of all
//                   other items over the rows (the point-biserial one of an accuracy; Henrysson
//                   1963). Absent where either is constant.
//   progress        Pearson's correlation with the checkpoint's number in its series, both less
//                   their means within the series. Absent where either is constant.
//   fall_p, fall_q  one-sided p-value of progress against falling, and the same adjusted over the
//                   items (false_discovery.h). t = r √(d / (1 - r²)), d = n (1 - a) / (1 + a) -
//                   series - 1, at least 1, with n the rows and a the lag-1 autocorrelation of what
//                   the trend leaves, corrected for what taking it out costs, at least 0:
//                   neighbouring checkpoints share most of what they know (effective sample size as
//                   Bretherton et al. 1999). An item that drops once and stays down is thus little
//                   evidence. Absent where n <= series + 1.
struct ItemStatistics {
  double difficulty = 0;
  double early = 0, late = 0;
  std::optional<double> discrimination;
  std::optional<double> progress;
  std::optional<double> fall_p, fall_q;
};

// An item on which late models agree on a wrong answer, and no better for being better models.
// `wrong` is absent where no log-likelihoods were at hand; the item then falls, and discriminates
// strongly negatively.
struct SuspectKey {
  int64_t item = 0;
  std::optional<ChoiceVotes::Wrong> wrong;
};

struct ItemSummary {
  std::string task, metric;
  int64_t series = 0;
  int64_t checkpoints = 0;         // of all series: the rows
  bool zero_one = false;           // every value is 0 or 1
  std::optional<double> progress;  // of the mean of all items
  std::vector<ItemStatistics> items;
  std::vector<int64_t> dead;     // the same value in every row; none for a single row
  std::vector<int64_t> falling;  // by fall_q, where the mean of all items rises
  std::vector<SuspectKey> suspect_key;
  std::vector<int32_t> documents;  // as of TaskCurves

  int64_t document(int64_t item) const { return documents.empty() ? item : documents[item]; }
};

// None where no series carries item values. Series with another number of items than the first
// that has any are left out. `votes` are those of late checkpoints, or null.
std::optional<ItemSummary> summarise_items(const TaskCurves& task,
                                           const ChoiceVotes* votes = nullptr,
                                           const ItemRules& rules = {});

// Whether the checkpoint is in the last, or the first, third of its series; one at least is.
bool is_late(int64_t checkpoint, int64_t checkpoints);
bool is_early(int64_t checkpoint, int64_t checkpoints);

}  // namespace e2lm
