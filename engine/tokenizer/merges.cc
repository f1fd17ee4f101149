#include "engine/tokenizer/merges.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace e2lm {
namespace {

// Up to here a scan for the best pair beats a heap.
constexpr size_t kFew = 48;

using Sides = std::pair<std::string_view, std::string_view>;

// The two sides of a merge written "left right"; none when it is something else.
std::optional<Sides> sides_of_line(const SortedJson& item) {
  if (!item.is_string()) return std::nullopt;
  const std::string_view line = item.get_ref<const std::string&>();
  const size_t space = line.find(' ');
  if (space == std::string_view::npos || line.rfind(' ') != space) return std::nullopt;
  return Sides(line.substr(0, space), line.substr(space + 1));
}

// The same of one written ["left", "right"].
std::optional<Sides> sides_of_pair(const SortedJson& item) {
  if (!item.is_array() || item.size() != 2) return std::nullopt;
  if (!item[0].is_string() || !item[1].is_string()) return std::nullopt;
  return Sides(item[0].get_ref<const std::string&>(), item[1].get_ref<const std::string&>());
}

bool is_version_line(const SortedJson& item) {
  return item.is_string() && item.get_ref<const std::string&>().starts_with("#version");
}

// A symbol of a long word, in a list of those that are left.
struct Symbol {
  int32_t id;
  int32_t previous;
  int32_t next;
};

constexpr int32_t kGone = -1;  // the id of a symbol that became part of another

// A merge that a pair of symbols could take, unless one of them is merged otherwise before.
struct Candidate {
  int32_t rank;
  int32_t at;  // of the left symbol
  int32_t id;  // what they become
  int32_t left;
  int32_t right;

  // Whether the other one goes first.
  bool operator<(const Candidate& other) const {
    return std::tie(rank, at) > std::tie(other.rank, other.at);
  }
};

}  // namespace

Merges Merges::read(const JsonPart& part, const Vocabulary& vocabulary) {
  part.expect_list();
  const SortedJson& items = part.value();
  const bool lines = !items.empty() && items.front().is_string();
  Merges merges;
  const size_t slots = std::bit_ceil(2 * items.size() + 2);
  merges.slots_.resize(slots);
  merges.shift_ = 64 - std::countr_zero(slots);
  Merge merge = {.rank = 0};
  for (size_t i = 0; i < items.size(); ++i) {
    if (lines && is_version_line(items[i])) continue;
    const auto sides = lines ? sides_of_line(items[i]) : sides_of_pair(items[i]);
    if (!sides) {
      throw part.item(i).error("is no merge like those before it",
                               lines ? "\"left right\"" : "[\"left\", \"right\"]");
    }
    const auto id = [&](std::string_view token) {
      const auto known = vocabulary.find(token);
      if (!known) throw part.item(i).error(fmt::format("'{}' is not in the vocabulary", token));
      return *known;
    };
    merge.id = id(std::string(sides->first).append(sides->second));
    // A pair that is listed twice has its last rank, as in the original.
    const int32_t left = id(sides->first);
    const int32_t right = id(sides->second);
    merges.slots_[merges.slot_of(left, right)] = {left, right, merge};
    ++merge.rank;
  }
  return merges;
}

// The slot that holds the pair, or the free one where it belongs.
size_t Merges::slot_of(int32_t left, int32_t right) const {
  constexpr uint64_t kGolden = 0x9E3779B97F4A7C15;  // multiplicative hashing (Knuth, TAOCP 6.4)
  const uint64_t pair = static_cast<uint64_t>(left) << 32 | static_cast<uint32_t>(right);
  size_t at = pair * kGolden >> shift_;
  const auto other = [&](const Slot& slot) {
    return slot.left != kNone && (slot.left != left || slot.right != right);
  };
  while (other(slots_[at])) at = (at + 1) & (slots_.size() - 1);
  return at;
}

Merges::Merge Merges::find(int32_t left, int32_t right) const {
  return slots_[slot_of(left, right)].merge;
}

void Merges::apply(std::vector<int32_t>& ids, size_t first) const {
  if (ids.size() - first <= kFew) {
    apply_to_few(ids, first);
  } else {
    apply_to_many(ids, first);
  }
}

void Merges::apply_to_few(std::vector<int32_t>& ids, size_t first) const {
  std::array<Merge, kFew> pairs;  // pairs[i] merges symbols[i] and symbols[i + 1]
  int32_t* const symbols = ids.data() + first;
  size_t count = ids.size() - first;
  for (size_t i = 0; i + 1 < count; ++i) pairs[i] = find(symbols[i], symbols[i + 1]);
  while (count > 1) {
    const auto end = pairs.begin() + static_cast<std::ptrdiff_t>(count - 1);
    const auto best = std::ranges::min_element(pairs.begin(), end, {}, &Merge::rank);
    if (best->rank == kNone) break;
    const auto at = static_cast<size_t>(best - pairs.begin());
    symbols[at] = best->id;
    std::copy(symbols + at + 2, symbols + count, symbols + at + 1);
    std::copy(best + 1, end, best);
    --count;
    if (at > 0) pairs[at - 1] = find(symbols[at - 1], symbols[at]);
    if (at + 1 < count) pairs[at] = find(symbols[at], symbols[at + 1]);
  }
  ids.resize(first + count);
}

void Merges::apply_to_many(std::vector<int32_t>& ids, size_t first) const {
  const auto end = static_cast<int32_t>(ids.size() - first);
  std::vector<Symbol> symbols;
  for (int32_t i = 0; i < end; ++i) symbols.push_back({ids[first + symbols.size()], i - 1, i + 1});
  std::priority_queue<Candidate> queue;
  const auto propose = [&](int32_t at) {  // the pair of this symbol and the next
    const Symbol& left = symbols[static_cast<size_t>(at)];
    if (left.next == end) return;
    const Symbol& right = symbols[static_cast<size_t>(left.next)];
    const Merge merge = find(left.id, right.id);
    if (merge.rank != kNone) queue.push({merge.rank, at, merge.id, left.id, right.id});
  };
  for (int32_t i = 0; i < end; ++i) propose(i);

  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Symbol& left = symbols[static_cast<size_t>(best.at)];
    if (left.id != best.left || left.next == end) continue;  // merged since it was proposed
    Symbol& right = symbols[static_cast<size_t>(left.next)];
    if (right.id != best.right) continue;
    left.id = best.id;
    left.next = right.next;
    right.id = kGone;
    if (left.next != end) symbols[static_cast<size_t>(left.next)].previous = best.at;
    propose(best.at);
    if (best.at > 0) propose(left.previous);
  }
  ids.resize(first);
  for (int32_t at = 0; at != end; at = symbols[static_cast<size_t>(at)].next) {
    ids.push_back(symbols[static_cast<size_t>(at)].id);
  }
}

}  // namespace e2lm
