#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "harness/submission/checked_items.h"

namespace e2lm::submission {

// How much of a task stands in a text, say a training corpus: items of which 13 words in a row
// (words.h) do. An item's words are its question's, without the one or two that all questions begin
// or end with ("Question:", "Answer:"), and its right answer's. Of one with fewer than 13 words all
// have to stand there; one with fewer than 8 is not searched for. Words in a row that more than 1 %
// of the items share (and more than two) do not count. By 64-bit hashes: of a corpus of 10^11 words
// and 10^6 runs of words one match in 200 comes about by chance.
struct Overlap {
  int64_t items = 0, searched = 0;
  int64_t found = 0;
  int64_t words = 0;                  // of the text
  std::vector<std::string> examples;  // items and where they were found, at most five

  double share() const;  // of the items searched
};

inline constexpr int64_t kRunWords = 13;
inline constexpr int64_t kLeastRunWords = 8;

// Reads text files (.txt, or any other name), JSON lines (.jsonl: every text in a row) and
// JSON (.json), each also gzipped; all but JSON in memory that does not depend on their size.
// Throws Error naming file and line, Interrupted when `stop`, asked now and then, says so.
Overlap find_overlap(std::span<const CheckedItem> items, const std::vector<Path>& files,
                     const std::function<bool()>& stop = {});

Json overlap_json(const Overlap& overlap);

}  // namespace e2lm::submission
