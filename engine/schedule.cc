#include "engine/schedule.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/memory.h"

namespace e2lm {
namespace {

// A slot in use and the rows that still need it.
struct LiveSlot {
  int32_t slot;
  int64_t state_until;  // its state is needed by the row of this number, at the latest
  int64_t rows_until;   // its keys and values are needed by rows before this one
  bool state_released;
};

class Planner {
 public:
  Planner(const PrefixTree& tree, const MemoryModel& memory, int64_t limit_bytes, int64_t max_rows,
          std::span<const int64_t> cuts)
      : tree_(tree), memory_(memory), limit_bytes_(limit_bytes), max_rows_(max_rows), cuts_(cuts) {
    slot_of_node_.resize(tree.nodes().size(), -1);
    segment_of_node_.resize(tree.nodes().size(), -1);
  }

  Schedule plan() {
    for (int64_t begin = 0; begin < tree_.rows();) {
      const int64_t end = choose_end(begin);
      schedule_.waves.push_back(make_wave(begin, end));
      schedule_.widest_wave = std::max(schedule_.widest_wave, end - begin);
      schedule_.peak_bytes = std::max(schedule_.peak_bytes, cost(begin, end));
      release(end);
      begin = end;
    }
    return std::move(schedule_);
  }

 private:
  struct Kept {
    int64_t rows = 0;
    int64_t states = 0;
  };

  // What a cut before row `end` keeps of the rows from `begin` on: those on the path to row `end`.
  Kept kept_at(int64_t begin, int64_t end) const {
    Kept kept;
    if (end == tree_.rows()) return kept;
    for (int32_t n = node_at(end); n >= 0; n = tree_.nodes()[n].parent) {
      const PrefixTree::Node& node = tree_.nodes()[n];
      const int64_t run_end = std::min(node.first_row + node.rows, end);
      if (run_end <= begin) break;
      kept.rows += std::max<int64_t>(0, run_end - std::max(node.first_row, begin));
      if (run_end > node.first_row && needs_state(node, run_end, end)) ++kept.states;
    }
    return kept;
  }

  // Whether the state after row `run_end - 1` of `node` is needed by a row from `end` on.
  static bool needs_state(const PrefixTree::Node& node, int64_t run_end, int64_t end) {
    return run_end < node.first_row + node.rows || node.last_child >= end;
  }

  int32_t node_at(int64_t row) const {
    const auto nodes = tree_.nodes();
    const auto after = std::upper_bound(nodes.begin(), nodes.end(), row,
                                        [](int64_t r, const auto& n) { return r < n.first_row; });
    return static_cast<int32_t>(after - nodes.begin()) - 1;
  }

  int64_t bytes(const Kept& kept) const {
    return kept.rows * memory_.per_kept_row + kept.states * memory_.per_kept_state;
  }

  int64_t cost(int64_t begin, int64_t end) const {
    const int64_t tiles = (end - begin + kSmallestWave - 1) / kSmallestWave;
    return memory_.fixed + tiles * kSmallestWave * memory_.per_row + kept_bytes_ +
           bytes(kept_at(begin, end));
  }

  int64_t choose_end(int64_t begin) const {
    int64_t rows = std::min(max_rows_, tree_.rows() - begin);
    while (cost(begin, end_at(begin, rows)) > limit_bytes_) {
      if (rows <= kSmallestWave) {
        const int64_t needed = cost(begin, end_at(begin, rows));
        throw Error("memory limit",
                    fmt::format("{} is too little: a request of {} tokens needs {}",
                                format_bytes(limit_bytes_), tree_.longest(), format_bytes(needed)),
                    "a larger --memory");
      }
      rows = std::max(kSmallestWave, rows / 2);
    }
    return end_at(begin, rows);
  }

  // Where a wave from `begin` of about `rows` rows ends: at the last cut within them, or else at
  // the first behind.
  int64_t end_at(int64_t begin, int64_t rows) const {
    if (cuts_.empty()) return begin + rows;
    const auto after = std::upper_bound(cuts_.begin(), cuts_.end(), begin + rows);
    return after != cuts_.begin() && after[-1] > begin ? after[-1] : *after;
  }

  Wave make_wave(int64_t begin, int64_t end) {
    Wave wave{.first_row = begin};
    const auto tokens = tree_.tokens().subspan(begin, end - begin);
    wave.tokens.assign(tokens.begin(), tokens.end());
    const int32_t first = node_at(begin);
    int32_t last = first;
    for (; last < std::ssize(tree_.nodes()) && tree_.nodes()[last].first_row < end; ++last) {
      add_segment(wave, last, begin, end);
    }
    std::fill(segment_of_node_.begin() + first, segment_of_node_.begin() + last, -1);
    place_branches(wave);
    add_scored_rows(wave, end);
    return wave;
  }

  void add_segment(Wave& wave, int32_t n, int64_t begin, int64_t end) {
    const PrefixTree::Node& node = tree_.nodes()[n];
    const int64_t first = std::max(node.first_row, begin);
    const int64_t last = std::min(node.first_row + node.rows, end);
    Segment segment{.first_row = static_cast<int32_t>(first - begin),
                    .rows = static_cast<int32_t>(last - first),
                    .position = node.position + static_cast<int32_t>(first - node.first_row)};
    if (first > node.first_row) {
      segment.source = slot_of_node_[n];
    } else if (node.parent >= 0) {
      segment.parent = segment_of_node_[node.parent];
      if (segment.parent < 0) segment.source = slot_of_node_[node.parent];
    }
    if (node.subtree_end > end) {
      segment.keep = slot_of_node_[n] = take_slot();
      segment.keep_state = needs_state(node, last, end);
      const int64_t state_until = last < node.first_row + node.rows ? last : node.last_child;
      live_.push_back({segment.keep, state_until, node.subtree_end, !segment.keep_state});
    }
    for (int32_t i = 0; i < segment.rows; ++i) wave.positions.push_back(segment.position + i);
    segment_of_node_[n] = static_cast<int32_t>(wave.segments.size());
    wave.segments.push_back(segment);
  }

  // A segment's state passes to the segment right after it; its other children in the wave find it
  // on a stack, which the depth-first order keeps as deep as the path.
  static void place_branches(Wave& wave) {
    std::vector<int32_t> waiting(wave.segments.size(), 0);  // children still to come
    for (size_t s = 0; s < wave.segments.size(); ++s) {
      const int32_t parent = wave.segments[s].parent;
      if (parent >= 0 && parent + 1 != static_cast<int32_t>(s)) ++waiting[parent];
    }
    int32_t depth = 0;
    for (size_t s = 0; s < wave.segments.size(); ++s) {
      Segment& segment = wave.segments[s];
      const int32_t parent = segment.parent;
      if (parent >= 0 && parent + 1 != static_cast<int32_t>(s)) {
        depth = wave.segments[parent].branch + (--waiting[parent] > 0 ? 1 : 0);
      }
      if (waiting[s] > 0) segment.branch = depth++;
      wave.branch_stack = std::max(wave.branch_stack, depth);
    }
  }

  void add_scored_rows(Wave& wave, int64_t end) {
    const auto scored = tree_.scored_rows();
    for (; next_scored_ < std::ssize(scored) && scored[next_scored_].row < end; ++next_scored_) {
      const PrefixTree::ScoredRow& row = scored[next_scored_];
      wave.scored_rows.push_back(
          {static_cast<int32_t>(row.row - wave.first_row), row.first_target, row.targets});
      const auto targets = tree_.targets().subspan(row.first_target, row.targets);
      wave.targets.insert(wave.targets.end(), targets.begin(), targets.end());
    }
  }

  int32_t take_slot() {
    if (free_slots_.empty()) return schedule_.slots++;
    const int32_t slot = free_slots_.back();
    free_slots_.pop_back();
    return slot;
  }

  // Ends the life of what no row from `end` on needs.
  void release(int64_t end) {
    Wave& wave = schedule_.waves.back();
    const int64_t last_row = end - 1;
    for (LiveSlot& live : live_) {
      if (!live.state_released && live.state_until <= last_row) {
        live.state_released = true;
        wave.release_state.push_back(live.slot);
      }
      if (live.rows_until <= end) {
        wave.release_slot.push_back(live.slot);
        free_slots_.push_back(live.slot);
      }
    }
    std::erase_if(live_, [end](const LiveSlot& live) { return live.rows_until <= end; });
    kept_bytes_ = bytes(kept_at(0, end));
  }

  const PrefixTree& tree_;
  const MemoryModel& memory_;
  int64_t limit_bytes_;
  int64_t max_rows_;
  std::span<const int64_t> cuts_;
  Schedule schedule_;
  std::vector<int32_t> slot_of_node_;     // the slot of a node's latest kept piece
  std::vector<int32_t> segment_of_node_;  // in the wave being made
  std::vector<LiveSlot> live_;
  std::vector<int32_t> free_slots_;
  int64_t next_scored_ = 0;
  int64_t kept_bytes_ = 0;  // between the waves made so far and the next
};

}  // namespace

Schedule make_schedule(const PrefixTree& tree, const MemoryModel& memory, int64_t limit_bytes,
                       int64_t max_rows, std::span<const int64_t> cuts) {
  return Planner(tree, memory, limit_bytes, max_rows, cuts).plan();
}

}  // namespace e2lm
