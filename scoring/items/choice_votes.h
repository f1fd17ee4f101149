#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "scoring/metrics/item.h"

namespace e2lm {

// Which choice models prefer on each item of a task, gathered checkpoint by checkpoint: the
// evidence for a wrong answer key. A checkpoint votes for its likeliest choice (the first of
// equals), by the whole log-likelihood, not per character.
class ChoiceVotes {
 public:
  // One more checkpoint. REQUIRES: as many items as before, with as many choices each.
  void add(std::span<const Item> items);

  int64_t checkpoints() const { return checkpoints_; }
  int64_t items() const { return std::ssize(first_) - 1; }

  // The wrong choice of an item with most votes.
  struct Wrong {
    int32_t choice = 0;
    double share = 0;        // of the checkpoints that voted for it
    double probability = 0;  // mean over all checkpoints, choices' probabilities summing to 1
    double margin_nats = 0;  // mean log-likelihood over that of the likeliest gold choice
  };
  // None where the item has no gold choice, no wrong one, or a log-likelihood that is not finite.
  std::optional<Wrong> wrong(int64_t item) const;

 private:
  struct Tally {  // of one choice
    bool gold = false;
    int64_t votes = 0;
    double probability = 0, margin = 0;  // sums
  };
  void prepare(std::span<const Item> items);
  void add_item(const Item& item, std::span<Tally> tallies);

  int64_t checkpoints_ = 0;
  std::vector<Tally> tallies_;        // [Σ choices]
  std::vector<int64_t> first_ = {0};  // [items + 1], an item's first tally
};

}  // namespace e2lm
