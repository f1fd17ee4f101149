#include "scoring/items/choice_votes.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace e2lm {

void ChoiceVotes::prepare(std::span<const Item> items) {
  for (const Item& item : items) {
    for (int32_t c = 0; c < std::ssize(item.choices); ++c) {
      const bool gold = std::find(item.gold.begin(), item.gold.end(), c) != item.gold.end();
      tallies_.push_back({.gold = gold});
    }
    first_.push_back(std::ssize(tallies_));
  }
}

void ChoiceVotes::add(std::span<const Item> items) {
  if (checkpoints_ == 0) prepare(items);
  assert(std::ssize(items) == this->items());
  ++checkpoints_;
  for (size_t i = 0; i < items.size(); ++i) {
    assert(std::ssize(items[i].choices) == first_[i + 1] - first_[i]);
    add_item(items[i], std::span(tallies_).subspan(first_[i], items[i].choices.size()));
  }
}

void ChoiceVotes::add_item(const Item& item, std::span<Tally> tallies) {
  double best_gold = -std::numeric_limits<double>::infinity();
  size_t best = 0;
  for (size_t c = 0; c < tallies.size(); ++c) {
    const double nats = item.choices[c].logprob_nats;
    if (tallies[c].gold) best_gold = std::max(best_gold, nats);
    if (nats > item.choices[best].logprob_nats) best = c;
  }
  const double largest = item.choices[best].logprob_nats;
  double sum = 0;
  for (const Choice& choice : item.choices) sum += std::exp(choice.logprob_nats - largest);
  for (size_t c = 0; c < tallies.size(); ++c) {
    const double nats = item.choices[c].logprob_nats;
    tallies[c].votes += c == best;
    tallies[c].probability += std::exp(nats - largest) / sum;
    tallies[c].margin += nats - best_gold;
  }
}

std::optional<ChoiceVotes::Wrong> ChoiceVotes::wrong(int64_t item) const {
  const auto tallies = std::span(tallies_).subspan(first_[item], first_[item + 1] - first_[item]);
  const Tally* most = nullptr;
  for (const Tally& tally : tallies) {
    if (!std::isfinite(tally.margin) || !std::isfinite(tally.probability)) return {};
    if (!tally.gold && (!most || tally.votes > most->votes)) most = &tally;
  }
  if (!most) return {};
  const auto n = static_cast<double>(checkpoints_);
  return Wrong{.choice = static_cast<int32_t>(most - tallies.data()),
               .share = static_cast<double>(most->votes) / n,
               .probability = most->probability / n,
               .margin_nats = most->margin / n};
}

}  // namespace e2lm
