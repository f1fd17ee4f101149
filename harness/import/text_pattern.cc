#include "harness/import/text_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"

namespace e2lm {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr const char* kFields = "{series}, {step}, {tokens}, {group} or {}";

// "step:07" is step.
std::string field_name(const std::string& inside) {
  const size_t colon = inside.find(':');
  const std::string name = inside.substr(0, colon);
  const bool width = colon != std::string::npos && name == "step" && colon + 1 < inside.size() &&
                     inside.find_first_not_of(kDigits, colon + 1) == std::string::npos;
  if (colon != std::string::npos && !width) return "";
  if (name.empty()) return "*";
  static const std::set<std::string> kKnown = {"series", "step", "tokens", "group"};
  return kKnown.contains(name) ? name : "";
}

}  // namespace

// Tries at a text. A (piece, place) that failed once is not tried again, whatever the beginning, so
// the work is bounded by the pieces times the square of the text's length.
class TextPattern::Match {
 public:
  Match(const std::vector<Piece>& pieces, std::string_view text, std::string_view stops,
        bool to_the_end)
      : pieces_(pieces),
        text_(text),
        stops_(stops),
        to_the_end_(to_the_end),
        failed_(pieces.size() * (text.size() + 1)) {}

  bool from(size_t place) { return match(0, place); }
  const Fields& fields() const { return fields_; }

 private:
  bool match(size_t piece, size_t place) {
    if (piece == pieces_.size()) return !to_the_end_ || place == text_.size();
    const size_t state = piece * (text_.size() + 1) + place;
    if (failed_[state]) return false;
    const bool matched =
        pieces_[piece].is_field ? match_field(piece, place) : match_literal(piece, place);
    failed_[state] = !matched;
    return matched;
  }

  bool match_literal(size_t piece, size_t place) {
    const std::string& literal = pieces_[piece].literal;
    return text_.substr(place).starts_with(literal) && match(piece + 1, place + literal.size());
  }

  bool match_field(size_t piece, size_t place) {
    const std::string& field = pieces_[piece].field;
    const size_t shortest = field == "*" ? 0 : 1;
    for (size_t length = longest(field, place) + 1; length-- > shortest;) {
      if (!match(piece + 1, place + length)) continue;
      if (field != "*") fields_[field] = text_.substr(place, length);
      return true;
    }
    return false;
  }

  size_t after_digits(size_t place) const {
    return std::min(text_.find_first_not_of(kDigits, place), text_.size());
  }

  // How far a field may reach.
  size_t longest(const std::string& field, size_t place) const {
    size_t end = place;
    if (field == "step" || field == "tokens") {
      end = after_digits(place);
      if (field == "tokens" && end > place) {
        const size_t fraction = end + 1;
        if (text_.substr(end).starts_with('.') && after_digits(fraction) > fraction) {
          end = after_digits(fraction);
        }
        const bool unit = end < text_.size() &&
                          std::string_view("KMBGTkmbgt").find(text_[end]) != std::string_view::npos;
        end += unit ? 1 : 0;
      }
    } else {
      end = std::min(text_.find_first_of(stops_, place), text_.size());
    }
    return end - place;
  }

  const std::vector<Piece>& pieces_;
  std::string_view text_, stops_;
  bool to_the_end_;
  std::vector<bool> failed_;  // [pieces, places]
  Fields fields_;
};

TextPattern TextPattern::parse(std::string_view text, std::string_view where) {
  TextPattern pattern;
  pattern.text_ = text;
  std::set<std::string> seen;
  while (!text.empty()) {
    const size_t open = std::min(text.find('{'), text.size());
    if (open > 0) pattern.pieces_.push_back({.literal = std::string(text.substr(0, open))});
    text.remove_prefix(open);
    if (text.empty()) break;
    const size_t close = text.find('}');
    const std::string inside(text.substr(1, close - 1));
    const std::string name = field_name(inside);
    if (close == std::string_view::npos) {
      throw Error(where, fmt::format("'{}' opens a brace that never closes", pattern.text_));
    }
    if (name.empty())
      throw Error(where, fmt::format("there is no field '{{{}}}'", inside), kFields);
    if (name != "*" && !seen.insert(name).second) {
      throw Error(where, fmt::format("'{}' has {{{}}} twice", pattern.text_, name));
    }
    pattern.pieces_.push_back({.field = name, .is_field = true});
    text.remove_prefix(close + 1);
  }
  if (seen.empty()) throw Error(where, fmt::format("'{}' has no field", pattern.text_), kFields);
  return pattern;
}

bool TextPattern::has(std::string_view field) const {
  return std::any_of(pieces_.begin(), pieces_.end(), [field](const Piece& piece) {
    return piece.is_field && piece.field == field;
  });
}

std::optional<TextPattern::Fields> TextPattern::match_path(std::string_view path) const {
  Match match(pieces_, path, "/", !text_.ends_with('/'));
  for (size_t place = path.size(); place-- > 0;) {
    const bool begins_part = place == 0 || path[place - 1] == '/';
    if (begins_part && match.from(place)) return match.fields();
  }
  return {};
}

std::optional<TextPattern::Fields> TextPattern::match_words(std::string_view text) const {
  constexpr size_t kMost = 4096;
  text = text.substr(0, kMost);
  Match match(pieces_, text, "/,", false);
  for (size_t place = 0; place < text.size(); ++place) {
    if (match.from(place)) return match.fields();
  }
  return {};
}

}  // namespace e2lm
