#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/json_part.h"
#include "engine/tokenizer/regex.h"
#include "engine/tokenizer/span.h"

namespace e2lm {

// What Split and Replace look for: {"Regex": "…"} or {"String": "…"}, the latter literally.
class Pattern {
 public:
  static Pattern read(const JsonPart& part);
  explicit Pattern(Regex regex) : regex_(std::move(regex)) {}
  explicit Pattern(std::string literal) : literal_(std::move(literal)) {}  // REQUIRES: not empty

  // Appends every match from left to right; those of an empty string stand between characters.
  void find_all(std::string_view text, std::vector<Span>& matches) const;

 private:
  std::string literal_;  // when there is no regex
  std::optional<Regex> regex_;
};

// A stretch of a text that a pattern matched, or that lies between two matches.
struct Cut {
  Span span;
  bool is_match = false;
};

// Appends the cuts of a text, which cover all of it in order. REQUIRES: matches in order, without
// overlap.
void cut_at(const std::vector<Span>& matches, std::string_view text, std::vector<Cut>& cuts);

// What becomes of the matches when a text is split at them, here at the hyphens of "a-b--c":
enum class SplitBehavior {
  removed,               // a b c
  isolated,              // a - b - - c
  merged_with_previous,  // a- b- - c
  merged_with_next,      // a -b - -c
  contiguous,            // a - b -- c
};

SplitBehavior read_split_behavior(const JsonPart& part);

// Appends the pieces, some of which may be empty.
void split(const std::vector<Cut>& cuts, SplitBehavior behavior, std::vector<Span>& pieces);

}  // namespace e2lm
