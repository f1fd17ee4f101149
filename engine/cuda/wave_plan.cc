#include "engine/cuda/wave_plan.h"

#include <algorithm>
#include <cassert>

namespace e2lm::cuda {

WavePlanner::WavePlanner(const PrefixTree& tree, const std::vector<Unit>& units, int64_t taps)
    : tree_(tree), units_(units), taps_before_(std::max<int64_t>(0, taps - 1)) {
  if (taps == 0) return;
  for (size_t u = 0; u < units.size(); ++u) {
    if (units[u].parent_row >= 0) parents_[units[u].parent_row].last_unit = static_cast<int64_t>(u);
  }
}

WavePlan WavePlanner::next(const Wave& wave) {
  begin_ = wave.first_row;
  end_ = begin_ + wave.rows();
  first_unit_ = last_unit_;
  while (last_unit_ < std::ssize(units_) && units_[last_unit_].first_row < end_) ++last_unit_;
  assert(units_[first_unit_].first_row == begin_ && units_[last_unit_ - 1].end() == end_);
  WavePlan plan;
  add_rows(plan);
  add_jobs(plan);
  add_units(plan);
  add_tiles(plan);
  add_cached_rows(plan);
  release();
  return plan;
}

PlanSizes WavePlanner::measure(const PrefixTree& tree, const std::vector<Unit>& units, int64_t taps,
                               const std::vector<Wave>& waves) {
  WavePlanner planner(tree, units, taps);
  PlanSizes sizes;
  const auto grow = [](int64_t& size, int64_t needed) { size = std::max(size, needed); };
  for (const Wave& wave : waves) {
    const WavePlan plan = planner.next(wave);
    grow(sizes.rows, wave.rows());
    grow(sizes.units, std::ssize(plan.units));
    grow(sizes.tiles, std::ssize(plan.tiles));
    grow(sizes.keys, std::ssize(plan.keys));
    grow(sizes.jobs, std::ssize(plan.jobs));
    grow(sizes.kept_jobs, std::ssize(plan.kept_tail_slots));
    grow(sizes.cached_rows, std::ssize(plan.cached_rows));
    grow(sizes.layer_states, plan.layer_states);
    grow(sizes.seen_tiles, plan.seen_tiles);
    grow(sizes.scored_rows, std::ssize(wave.scored_rows));
    grow(sizes.targets, std::ssize(wave.targets));
  }
  sizes.kept_states = planner.kept_used_;
  return sizes;
}

int32_t WavePlanner::node_of(int64_t row) const {
  const auto nodes = tree_.nodes();
  const auto after = std::upper_bound(nodes.begin(), nodes.end(), row,
                                      [](int64_t r, const auto& n) { return r < n.first_row; });
  return static_cast<int32_t>(after - nodes.begin()) - 1;
}

// The row before `row` of `node` on its path; -1 before the text.
int64_t WavePlanner::row_before(int32_t node, int64_t row) const {
  const PrefixTree::Node& at = tree_.nodes()[node];
  if (row > at.first_row) return row - 1;
  if (at.parent < 0) return -1;
  const PrefixTree::Node& above = tree_.nodes()[at.parent];
  return above.first_row + above.rows - 1;
}

StateRef WavePlanner::place(int64_t parent_row) const {
  const auto at = states_.find(parent_row);
  return at == states_.end() ? kNoState : at->second;
}

void WavePlanner::add_rows(WavePlan& plan) {
  int32_t node = node_of(begin_);
  int64_t unit = first_unit_;
  for (int64_t row = begin_; row < end_; ++row) {
    while (row >= tree_.nodes()[node].first_row + tree_.nodes()[node].rows) ++node;
    while (row >= units_[unit].end()) ++unit;
    const int64_t until = std::min(tree_.nodes()[node].subtree_end, end_);
    const int64_t before = row_before(node, row);
    plan.until.push_back(static_cast<int32_t>(until - begin_));
    plan.parent.push_back(before >= units_[unit].first_row ? static_cast<int32_t>(before - begin_)
                                                           : -1);
    add_taps(node, row, plan.taps);
  }
}

// The W-1 rows before `row` on its path. Those of earlier waves are kept convolution inputs of the
// first such row, which is the parent row of a unit.
void WavePlanner::add_taps(int32_t node, int64_t row, std::vector<int32_t>& to) const {
  int64_t kept_row = -1, steps = 0;
  for (int64_t back = 0; back < taps_before_; ++back) {
    if (row >= 0) {
      if (row == tree_.nodes()[node].first_row) {
        row = row_before(node, row);
        node = tree_.nodes()[node].parent;
      } else {
        --row;
      }
    }
    if (row < begin_ && row >= 0 && kept_row < 0) kept_row = row;
    to.push_back(tap(row, kept_row, steps));
    if (kept_row >= 0) ++steps;
  }
}

int32_t WavePlanner::tap(int64_t row, int64_t kept_row, int64_t steps) const {
  if (row < 0) return kNoRow;
  if (row >= begin_) return static_cast<int32_t>(row - begin_);
  return kept_state(static_cast<int32_t>(kept_index(place(kept_row)) * taps_before_ + steps));
}

// States that rows of this wave leave: where they lie, and in which order they can be computed.
void WavePlanner::add_jobs(WavePlan& plan) {
  std::vector<int32_t> levels(last_unit_ - first_unit_, 0);  // of units
  const auto unit_of = [&](int64_t row) {
    const auto first = units_.begin() + first_unit_, last = units_.begin() + last_unit_;
    return std::upper_bound(first, last, row,
                            [](int64_t r, const Unit& u) { return r < u.first_row; }) -
           first - 1;
  };
  for (int64_t u = 0; u < std::ssize(levels); ++u) {
    const int64_t above = units_[first_unit_ + u].parent_row;
    if (above >= begin_) levels[u] = levels[unit_of(above)] + 1;
  }
  std::vector<std::pair<int32_t, StateJob>> jobs;  // with their levels
  for (auto at = parents_.lower_bound(begin_); at != parents_.end() && at->first < end_; ++at) {
    const int64_t row = at->first;
    const auto unit = static_cast<int32_t>(unit_of(row));
    const bool kept = at->second.last_unit >= last_unit_;
    const StateRef out = kept ? kept_state(take_kept()) : plan.layer_states++;
    states_[row] = out;
    jobs.push_back({levels[unit], {unit, static_cast<int32_t>(row - begin_), out}});
    if (!kept) continue;
    plan.kept_tail_slots.push_back(kept_index(out));
    if (taps_before_ > 0) plan.kept_tails.push_back(static_cast<int32_t>(row - begin_));
    std::vector<int32_t> before;
    add_taps(node_of(row), row, before);
    before.resize(std::max<int64_t>(0, taps_before_ - 1));  // the row itself is the nearest
    plan.kept_tails.insert(plan.kept_tails.end(), before.begin(), before.end());
  }
  std::stable_sort(jobs.begin(), jobs.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [level, job] : jobs) {
    // A level without jobs cannot lie between others: each comes of a job of the one before.
    if (level == std::ssize(plan.level_ends)) plan.level_ends.push_back(0);
    plan.jobs.push_back(job);
    plan.level_ends.back() = static_cast<int32_t>(plan.jobs.size());
  }
}

void WavePlanner::add_units(WavePlan& plan) {
  for (int64_t u = first_unit_; u < last_unit_; ++u) {
    plan.units.push_back({static_cast<int32_t>(units_[u].first_row - begin_), units_[u].rows,
                          place(units_[u].parent_row)});
  }
}

void WavePlanner::add_tiles(WavePlan& plan) const {
  for (int64_t u = first_unit_; u < last_unit_; ++u) {
    for (int32_t first = 0; first < units_[u].rows; first += kTileRows) {
      const int32_t rows = std::min(kTileRows, units_[u].rows - first);
      const int64_t first_row = units_[u].first_row + first;
      const auto first_key = static_cast<int64_t>(plan.keys.size());
      const int32_t common_keys = add_tile_keys(first_row, first_row + rows, plan);
      plan.tiles.push_back({.unit = static_cast<int32_t>(u - first_unit_),
                            .first_row = static_cast<int32_t>(first_row - begin_),
                            .rows = rows,
                            .first_seen = first_seen(units_[u], first_row),
                            .first_seen_tile = plan.seen_tiles,
                            .keys = static_cast<int32_t>(std::ssize(plan.keys) - first_key),
                            .common_keys = common_keys,
                            .first_key = first_key});
      plan.seen_tiles += seen_tiles(plan.tiles.back());
    }
  }
}

// The first row of the path to `row` that lies in the row's unit. Rows of the unit before it belong
// to branches that end before `row`.
int32_t WavePlanner::first_seen(const Unit& unit, int64_t row) const {
  int64_t first = row;
  for (int32_t node = node_of(row); node >= 0; node = tree_.nodes()[node].parent) {
    const PrefixTree::Node& at = tree_.nodes()[node];
    if (at.first_row + at.rows <= unit.first_row) break;
    first = std::max(at.first_row, unit.first_row);
  }
  return static_cast<int32_t>(first - begin_);
}

// The path to the tile's first row, then the tile's rows. Whatever else one of its rows descends
// from lies on that path, because rows are numbered depth first. Returns how many keys all its rows
// see: the path as far as it is common to them.
int32_t WavePlanner::add_tile_keys(int64_t first_row, int64_t end_row, WavePlan& plan) const {
  const int32_t node = node_of(first_row);
  const auto position = tree_.nodes()[node].position +
                        static_cast<int32_t>(first_row - tree_.nodes()[node].first_row);
  const size_t first_key = plan.keys.size();
  plan.keys.resize(first_key + position);
  KeyRecord* keys = plan.keys.data() + first_key;
  int64_t row = row_before(node, first_row);
  for (int32_t n = first_row > tree_.nodes()[node].first_row ? node : tree_.nodes()[node].parent;
       n >= 0; n = tree_.nodes()[n].parent) {
    const PrefixTree::Node& above = tree_.nodes()[n];
    const auto until = static_cast<int32_t>(std::min(above.subtree_end, end_) - begin_);
    for (; row >= above.first_row; --row) {
      const int32_t at = above.position + static_cast<int32_t>(row - above.first_row);
      keys[at] = {row >= begin_ ? static_cast<int32_t>(row - begin_) : cached_key(at), until};
    }
    row = row_before(n, above.first_row);
  }
  int32_t common = 0;
  while (common < position && keys[common].until >= end_row - begin_) ++common;
  for (row = first_row; row < end_row; ++row) {
    const auto own = static_cast<int32_t>(row - begin_);
    plan.keys.push_back({own, plan.until[own]});
  }
  return common;
}

// The rows of this wave on the path to the next one's first row.
void WavePlanner::add_cached_rows(WavePlan& plan) const {
  if (end_ == tree_.rows()) return;
  int32_t node = node_of(end_);
  int64_t row = row_before(node, end_);
  if (end_ == tree_.nodes()[node].first_row) node = tree_.nodes()[node].parent;
  for (; node >= 0 && row >= begin_; node = tree_.nodes()[node].parent) {
    const PrefixTree::Node& at = tree_.nodes()[node];
    for (; row >= std::max(at.first_row, begin_); --row) {
      plan.cached_rows.push_back({static_cast<int32_t>(row - begin_),
                                  at.position + static_cast<int32_t>(row - at.first_row)});
    }
    row = row_before(node, at.first_row);
  }
}

int32_t WavePlanner::take_kept() {
  if (free_kept_.empty()) return kept_used_++;
  const int32_t index = free_kept_.back();
  free_kept_.pop_back();
  return index;
}

// Ends the life of states that no later unit starts with.
void WavePlanner::release() {
  for (auto at = states_.begin(); at != states_.end();) {
    if (parents_.at(at->first).last_unit >= last_unit_) {
      ++at;
      continue;
    }
    if (at->second <= kept_state(0)) free_kept_.push_back(kept_index(at->second));
    at = states_.erase(at);
  }
}

}  // namespace e2lm::cuda
