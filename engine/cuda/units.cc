#include "engine/cuda/units.h"

#include <algorithm>

namespace e2lm::cuda {
namespace {

// Walks the tree in row order. `next_` is always the first row that has no unit yet: the first row
// of a subtree, or a row inside a run that is being cut into pieces.
class Cutter {
 public:
  Cutter(const PrefixTree& tree, int32_t max_rows) : tree_(tree), max_rows_(max_rows) {}

  std::vector<Unit> cut() {
    int32_t node = 0;
    while (next_ < tree_.rows()) {
      while (end_of_run(node) <= next_) ++node;
      take(tree_.nodes()[node]);
    }
    return std::move(units_);
  }

 private:
  int64_t end_of_run(int32_t node) const {
    return tree_.nodes()[node].first_row + tree_.nodes()[node].rows;
  }

  // A unit from next_ on; `node` is the node of that row.
  void take(const PrefixTree::Node& node) {
    const bool inside = next_ > node.first_row;
    const int64_t parent_row = inside ? next_ - 1 : parent_of(node);
    if (node.subtree_end - next_ <= max_rows_) {
      const bool joins = !inside && !units_.empty() && units_.back().parent_row == parent_row &&
                         whole_ && node.subtree_end - units_.back().first_row <= max_rows_;
      if (!joins) units_.push_back({next_, 0, parent_row});
      whole_ = true;
      grow_to(node.subtree_end);
    } else {
      units_.push_back({next_, 0, parent_row});
      whole_ = false;
      grow_to(std::min(node.first_row + node.rows, next_ + max_rows_));
    }
  }

  void grow_to(int64_t end) {
    units_.back().rows = static_cast<int32_t>(end - units_.back().first_row);
    next_ = end;
  }

  int64_t parent_of(const PrefixTree::Node& node) const {
    return node.parent < 0 ? -1 : end_of_run(node.parent) - 1;
  }

  const PrefixTree& tree_;
  int32_t max_rows_;
  std::vector<Unit> units_;
  int64_t next_ = 0;
  bool whole_ =
      false;  // the last unit ends where a subtree ends, so that its next sibling may join
};

}  // namespace

std::vector<Unit> cut_units(const PrefixTree& tree, int32_t max_rows) {
  return Cutter(tree, max_rows).cut();
}

}  // namespace e2lm::cuda
