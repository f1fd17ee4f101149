#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace e2lm {

// How names are put together: "{series}/zero-shot/{}_step{step}.json". {step} stands for digits
// ({step:07} too), {tokens} for a number and perhaps K, M, B or T, {series} and {group} for at
// least one character, {} for any number; none of them reaches over a slash. Where several readings
// fit, earlier fields take as much as they can.
class TextPattern {
 public:
  // Throws Error at `where` (an option, a line of a file) for a field that is unknown or given
  // twice, or a brace that never closes.
  static TextPattern parse(std::string_view text, std::string_view where);

  using Fields = std::map<std::string, std::string>;  // by name

  // Against the end of a path, from the beginning of one of its parts; a pattern that ends with a
  // slash against folders above the file, the nearest that fit.
  std::optional<Fields> match_path(std::string_view path) const;

  // Against any part of a text whose words have commas between them, which fields do not reach
  // over: model_args, a revision.
  std::optional<Fields> match_words(std::string_view text) const;

  bool has(std::string_view field) const;
  const std::string& text() const { return text_; }

 private:
  struct Piece {
    std::string literal;
    std::string field;  // its name, "*" for {}
    bool is_field = false;
  };
  class Match;

  std::string text_;
  std::vector<Piece> pieces_;
};

}  // namespace e2lm
