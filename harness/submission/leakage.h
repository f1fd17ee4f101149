#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "harness/submission/checked_items.h"

namespace e2lm::submission {

// Whether prompts hold their own answers: the words of a right choice, one after another (words.h),
// in the question. What a prompt says of all choices alike tells nothing, so of an item count
//
//   leaked       a right choice stands in the question and no wrong one does
//   listed       every choice stands there: the question lists them
//   partly       a right choice and some of the wrong ones
//   wrong_alone  the mean over wrong choices of: this one stands there, and no other choice
//
// Numbers and common words stand in questions by chance, right ones as often as wrong ones;
// `excess` is the share leaked minus the share wrong_alone and is what counts. Not searched:
// choices that are labels (all of one letter or digit, or all of yes, no, true, false, and the
// like), and choices that have a prompt each.
struct Leakage {
  int64_t items = 0, searched = 0;
  int64_t leaked = 0, listed = 0, partly = 0;
  double wrong_alone = 0;             // sum over items
  std::vector<std::string> examples;  // "task document 3: 'answer' in '.. words ..'", at most five

  double excess() const;  // 0 where nothing was searched
};

Leakage find_leakage(std::span<const CheckedItem> items);

// Items that are there more than once, by question and choices as words, whatever their order; and
// of items with the same question and right answer those whose wrong choices differ.
struct Repeats {
  int64_t items = 0;
  int64_t repeated = 0;       // beyond the first of each
  int64_t same_answered = 0;  // besides these
  std::vector<std::string> examples;

  double share() const;
};

Repeats find_repeats(std::span<const CheckedItem> items);

// Items whose own question and answer stand among the examples of their prompt, and items that are
// rows of the split the examples come from.
struct ShownAnswers {
  int64_t items = 0;
  int64_t own_shown = 0;
  int64_t example_rows = 0;   // looked at
  int64_t rows_asked = 0;     // of them, rows that are also asked
  int64_t items_in_rows = 0;  // asked items that are among the rows
  std::vector<std::string> examples;

  double share() const;  // of items_in_rows
};

ShownAnswers find_shown_answers(std::span<const CheckedItem> items,
                                std::span<const CheckedItem> example_rows);

Json leakage_json(const Leakage& leakage);
Json repeats_json(const Repeats& repeats);
Json shown_answers_json(const ShownAnswers& shown);

}  // namespace e2lm::submission
