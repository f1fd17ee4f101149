#include "engine/tokenizer/pattern.h"

#include <algorithm>

namespace e2lm {

Pattern Pattern::read(const JsonPart& part) {
  part.expect_keys({"Regex", "String"});
  if (const auto regex = part.find("Regex"); regex && part.value().size() == 1) {
    return Pattern(Regex(regex->text(), regex->where()));
  }
  const auto literal = part.find("String");
  if (!literal || part.value().size() != 1) {
    throw part.error("is no pattern", R"({"Regex": "…"} or {"String": "…"})");
  }
  // The empty string matches between all characters; the empty regular expression does so too.
  if (literal->text().empty()) return Pattern(Regex("", literal->where()));
  return Pattern(literal->text());
}

void Pattern::find_all(std::string_view text, std::vector<Span>& matches) const {
  if (regex_) return regex_->find_all(text, matches);
  for (size_t at = text.find(literal_); at != std::string_view::npos;
       at = text.find(literal_, at + literal_.size())) {
    matches.push_back({at, at + literal_.size()});
  }
}

void cut_at(const std::vector<Span>& matches, std::string_view text, std::vector<Cut>& cuts) {
  size_t at = 0;
  for (const Span match : matches) {
    if (at != match.begin) cuts.push_back({{at, match.begin}, false});
    cuts.push_back({match, true});
    at = match.end;
  }
  if (at != text.size()) cuts.push_back({{at, text.size()}, false});
}

SplitBehavior read_split_behavior(const JsonPart& part) {
  return static_cast<SplitBehavior>(
      part.choice({"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"}));
}

namespace {

// One pass over the cuts: each joins the piece before it where `joins` says so of it and its
// neighbour. Cuts given in reverse order join the piece behind them.
template <typename Cuts, typename Joins>
void join(const Cuts& cuts, std::vector<Span>& pieces, Joins&& joins) {
  const size_t first = pieces.size();
  bool previous = false;
  for (const Cut& cut : cuts) {
    if (pieces.size() > first && joins(cut.is_match, previous)) {
      Span& piece = pieces.back();
      piece = {std::min(piece.begin, cut.span.begin), std::max(piece.end, cut.span.end)};
    } else {
      pieces.push_back(cut.span);
    }
    previous = cut.is_match;
  }
}

}  // namespace

void split(const std::vector<Cut>& cuts, SplitBehavior behavior, std::vector<Span>& pieces) {
  const auto first = static_cast<std::ptrdiff_t>(pieces.size());
  const auto lone_match = [](bool match, bool previous) { return match && !previous; };
  switch (behavior) {
    case SplitBehavior::removed:
      for (const Cut& cut : cuts) {
        if (!cut.is_match) pieces.push_back(cut.span);
      }
      break;
    case SplitBehavior::isolated:
      for (const Cut& cut : cuts) pieces.push_back(cut.span);
      break;
    case SplitBehavior::merged_with_previous:
      join(cuts, pieces, lone_match);
      break;
    case SplitBehavior::merged_with_next:
      join(std::vector<Cut>(cuts.rbegin(), cuts.rend()), pieces, lone_match);
      std::reverse(pieces.begin() + first, pieces.end());
      break;
    case SplitBehavior::contiguous:
      join(cuts, pieces, std::equal_to<>());
      break;
  }
}

}  // namespace e2lm
