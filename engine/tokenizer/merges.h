#pragma once

#include <cstdint>
#include <vector>

#include "engine/tokenizer/json_part.h"
#include "engine/tokenizer/vocabulary.h"

namespace e2lm {

// The ranked merges of a byte-pair encoding.
class Merges {
 public:
  // Reads the `merges` of a model, from first rank to last, each "left right" or
  // ["left", "right"]. Throws Error when a part or the result is not in the vocabulary.
  static Merges read(const JsonPart& part, const Vocabulary& vocabulary);

  // Merges the ids from `first` to the end in place: again and again the pair of lowest rank, the
  // leftmost of equals, becomes one id, until no pair has a merge. O(n log n).
  void apply(std::vector<int32_t>& ids, size_t first) const;

 private:
  static constexpr int32_t kNone = INT32_MAX;

  struct Merge {
    int32_t rank = kNone;
    int32_t id = 0;  // what the pair becomes
  };

  Merge find(int32_t left, int32_t right) const;
  void apply_to_few(std::vector<int32_t>& ids, size_t first) const;
  void apply_to_many(std::vector<int32_t>& ids, size_t first) const;

  // Open addressing: a pair stands in the first free slot from where its hash says. At most half
  // of the slots are taken. This is the innermost loop: a standard map makes encoding a fifth
  // slower.
  struct Slot {
    int32_t left = kNone;
    int32_t right = kNone;
    Merge merge;
  };
  size_t slot_of(int32_t left, int32_t right) const;

  std::vector<Slot> slots_;  // their number is a power of two
  int shift_ = 0;
};

}  // namespace e2lm
