#include "engine/tokenizer/pre_tokenizer.h"

#include <string>

#include "engine/tokenizer/byte_level.h"
#include "engine/tokenizer/pattern.h"
#include "engine/tokenizer/unicode.h"

namespace e2lm {

class PreTokenizer::Step {
 public:
  virtual ~Step() = default;
  virtual void apply(Pieces& pieces) const = 0;
  virtual bool knows_start() const { return false; }  // treats the start of the text otherwise
  virtual bool rewrites() const { return false; }     // does more than cut
  virtual bool spells_bytes() const { return false; }
};

namespace {

using Step = PreTokenizer::Step;
using Steps = std::vector<std::unique_ptr<Step>>;

// Finds matches in every piece and splits at them.
class Splitter : public Step {
 public:
  Splitter(SplitBehavior behavior, bool invert) : behavior_(behavior), invert_(invert) {}

  void apply(Pieces& pieces) const override {
    std::vector<Span> matches;
    std::vector<Cut> cuts;
    pieces.split([&](std::string_view piece, std::vector<Span>& parts) {
      matches.clear();
      find_all(piece, matches);
      cuts.clear();
      cut_at(matches, piece, cuts);
      for (Cut& cut : cuts) cut.is_match ^= invert_;
      split(cuts, behavior_, parts);
    });
  }

 private:
  virtual void find_all(std::string_view piece, std::vector<Span>& matches) const = 0;

  SplitBehavior behavior_;
  bool invert_;  // take what lies between matches for the matches
};

class SplitAtPattern : public Splitter {
 public:
  SplitAtPattern(Pattern pattern, SplitBehavior behavior, bool invert = false)
      : Splitter(behavior, invert), pattern_(std::move(pattern)) {}

 private:
  void find_all(std::string_view piece, std::vector<Span>& matches) const override {
    pattern_.find_all(piece, matches);
  }

  Pattern pattern_;
};

// Digits and Punctuation: every character that the predicate picks is a match.
class SplitAtCharacters : public Splitter {
 public:
  using Predicate = bool (*)(char32_t character);

  SplitAtCharacters(Predicate picks, SplitBehavior behavior)
      : Splitter(behavior, false), picks_(picks) {}

 private:
  void find_all(std::string_view piece, std::vector<Span>& matches) const override {
    for (size_t at = 0; at < piece.size();) {
      const size_t begin = at;
      if (picks_(decode_utf8(piece, at))) matches.push_back({begin, at});
    }
  }

  Predicate picks_;
};

// Keeps runs of word characters and runs of others; drops white space. (\w+|[^\w\s]+)
class Whitespace : public Step {
 public:
  void apply(Pieces& pieces) const override {
    pieces.split([](std::string_view piece, std::vector<Span>& parts) {
      Class last = Class::space;
      for (size_t at = 0; at < piece.size();) {
        const size_t begin = at;
        const Class now = classify(decode_utf8(piece, at));
        if (now != Class::space && now == last) parts.back().end = at;
        if (now != Class::space && now != last) parts.push_back({begin, at});
        last = now;
      }
    });
  }

 private:
  enum class Class { space, word, other };

  static Class classify(char32_t character) {
    if (is_word(character)) return Class::word;
    return is_white_space(character) ? Class::space : Class::other;
  }
};

// Writes spaces as a visible symbol and puts one in front.
class Metaspace : public Step {
 public:
  enum class Prepend { first, never, always };  // to the first piece of the text

  Metaspace(std::string symbol, Prepend prepend) : symbol_(std::move(symbol)), prepend_(prepend) {}

  bool knows_start() const override { return prepend_ == Prepend::first; }
  bool rewrites() const override { return true; }

  void apply(Pieces& pieces) const override {
    pieces.rewrite([&](size_t i, std::string& text) {
      const std::string_view piece = pieces[i];
      const bool wanted =
          prepend_ == Prepend::always || (prepend_ == Prepend::first && pieces.opens(i));
      if (wanted && piece[0] != ' ' && !piece.starts_with(symbol_)) text += symbol_;
      for (const char c : piece) {
        if (c == ' ') {
          text += symbol_;
        } else {
          text += c;
        }
      }
    });
  }

 private:
  std::string symbol_;
  Prepend prepend_;
};

class PrefixSpace : public Step {
 public:
  bool rewrites() const override { return true; }

  void apply(Pieces& pieces) const override {
    pieces.rewrite([&](size_t i, std::string& text) {
      if (pieces[i][0] != ' ') text += ' ';
      text += pieces[i];
    });
  }
};

// Spells bytes as symbols, for what follows ByteLevel; as the last step it is left out.
class SpellBytes : public Step {
 public:
  bool rewrites() const override { return true; }
  bool spells_bytes() const override { return true; }

  void apply(Pieces& pieces) const override {
    pieces.rewrite([&](size_t i, std::string& text) { append_symbols(text, pieces[i]); });
  }
};

template <typename Kind, typename... Arguments>
Steps one_step(Arguments&&... arguments) {
  Steps steps;
  steps.push_back(std::make_unique<Kind>(std::forward<Arguments>(arguments)...));
  return steps;
}

Steps read_split(const JsonPart& part) {
  part.expect_keys({"type", "pattern", "behavior", "invert"});
  return one_step<SplitAtPattern>(Pattern::read(part.at("pattern")),
                                  read_split_behavior(part.at("behavior")),
                                  part.at("invert").flag());
}

Steps read_digits(const JsonPart& part) {
  part.expect_keys({"type", "individual_digits"});
  const bool each = part.at("individual_digits").flag();
  return one_step<SplitAtCharacters>(is_numeric,
                                     each ? SplitBehavior::isolated : SplitBehavior::contiguous);
}

Steps read_punctuation(const JsonPart& part) {
  part.expect_keys({"type", "behavior"});
  const auto behavior = part.find("behavior");
  return one_step<SplitAtCharacters>(
      is_punctuation, behavior ? read_split_behavior(*behavior) : SplitBehavior::isolated);
}

Steps read_whitespace(const JsonPart& part) {
  part.expect_keys({"type"});
  return one_step<Whitespace>();
}

Steps read_metaspace(const JsonPart& part) {
  using Prepend = Metaspace::Prepend;
  part.expect_keys(
      {"type", "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep"});
  const JsonPart symbol = part.at("replacement");
  if (count_characters(symbol.text()) != 1) throw symbol.error("is not one character");
  const auto scheme = part.find("prepend_scheme");
  const Prepend prepend =
      scheme ? static_cast<Prepend>(scheme->choice({"first", "never", "always"})) : Prepend::always;
  // What older files say instead of prepend_scheme.
  if (!part.flag_or("add_prefix_space", true) && prepend != Prepend::never) {
    throw part.at("add_prefix_space").error("contradicts prepend_scheme", "prepend_scheme never");
  }
  Steps steps = one_step<Metaspace>(symbol.text(), prepend);
  if (part.flag_or("split", true)) {
    steps.push_back(
        std::make_unique<SplitAtPattern>(Pattern(symbol.text()), SplitBehavior::merged_with_next));
  }
  return steps;
}

Steps read_byte_level(const JsonPart& part) {
  part.expect_keys({"type", "add_prefix_space", "trim_offsets", "use_regex"});
  Steps steps;
  if (part.at("add_prefix_space").flag()) steps.push_back(std::make_unique<PrefixSpace>());
  if (part.flag_or("use_regex", true)) {
    steps.push_back(std::make_unique<SplitAtPattern>(Pattern(Regex(kGpt2Pattern, part.where())),
                                                     SplitBehavior::isolated));
  }
  steps.push_back(std::make_unique<SpellBytes>());
  return steps;
}

Steps read_steps(const JsonPart& part);

Steps read_sequence(const JsonPart& part) {
  part.expect_keys({"type", "pretokenizers"});
  Steps steps;
  for (const JsonPart& item : part.at("pretokenizers").items()) {
    for (auto& step : read_steps(item)) steps.push_back(std::move(step));
  }
  return steps;
}

constexpr PartKind<Steps> kKinds[] = {
    {"ByteLevel", read_byte_level},    {"Digits", read_digits},     {"Metaspace", read_metaspace},
    {"Punctuation", read_punctuation}, {"Sequence", read_sequence}, {"Split", read_split},
    {"Whitespace", read_whitespace},
};

Steps read_steps(const JsonPart& part) {
  return read_by_type(part, kKinds);
}

}  // namespace

PreTokenizer::PreTokenizer(Steps steps) : steps_(std::move(steps)) {
  gives_bytes_ = !steps_.empty() && steps_.back()->spells_bytes();
  if (gives_bytes_) steps_.pop_back();
}

PreTokenizer::PreTokenizer(PreTokenizer&&) noexcept = default;
PreTokenizer::~PreTokenizer() = default;

PreTokenizer PreTokenizer::read(const std::optional<JsonPart>& part, bool normalized) {
  if (!part) return PreTokenizer({});
  Steps steps = read_steps(*part);
  // The original asks where in the raw text a piece began. Once characters have been inserted,
  // several pieces can have begun at the start.
  for (const auto& step : steps) {
    if (normalized && step->knows_start()) {
      throw part->error("prepend_scheme 'first' is not supported behind what rewrites the text");
    }
    normalized = normalized || step->rewrites();
  }
  return PreTokenizer(std::move(steps));
}

void PreTokenizer::apply(Pieces& pieces) const {
  for (const auto& step : steps_) step->apply(pieces);
}

}  // namespace e2lm
