#include "engine/tokenizer/normalizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "engine/tokenizer/pattern.h"
#include "engine/tokenizer/unicode.h"

namespace e2lm {
namespace {

// Of a text that grows: a few replacements one after another, each tenfold, would fill any memory.
constexpr size_t kMostBytes = 64 << 20;

class UnicodeForm : public Normalizer {
 public:
  explicit UnicodeForm(NormalForm form) : form_(form) {}
  void apply(std::string& text) const override { text = normalize(text, form_); }

 private:
  NormalForm form_;
};

class Lowercase : public Normalizer {
 public:
  void apply(std::string& text) const override { text = lowercase(text); }
};

class Strip : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}

  void apply(std::string& text) const override {
    size_t begin = 0;
    for (size_t at = 0; left_ && at < text.size(); begin = at) {
      if (!is_white_space(decode_utf8(text, at))) break;
    }
    size_t end = begin;  // behind the last character to keep
    for (size_t at = begin; at < text.size();) {
      if (!is_white_space(decode_utf8(text, at))) end = at;
    }
    text = text.substr(begin, (right_ ? end : text.size()) - begin);
  }

 private:
  bool left_;
  bool right_;
};

class Prepend : public Normalizer {
 public:
  explicit Prepend(std::string prefix) : prefix_(std::move(prefix)) {}
  void apply(std::string& text) const override {
    if (!text.empty()) text.insert(0, prefix_);
  }

 private:
  std::string prefix_;
};

class Replace : public Normalizer {
 public:
  Replace(Pattern pattern, std::string content, std::string where)
      : pattern_(std::move(pattern)), content_(std::move(content)), where_(std::move(where)) {}

  void apply(std::string& text) const override {
    std::vector<Span> matches;
    pattern_.find_all(text, matches);
    if (matches.empty()) return;
    // What the original puts there has no place in its text, and ByteLevel then doubles it.
    if (matches.front() == Span{0, 0} && !content_.empty()) {
      throw Error(where_, "an empty match at the start of a text is not supported");
    }
    std::vector<Cut> cuts;
    cut_at(matches, text, cuts);
    std::string replaced;
    for (const Cut& cut : cuts) {
      replaced += cut.is_match ? content_ : cut.span.of(text);
      if (replaced.size() <= std::max(kMostBytes, text.size())) continue;
      throw Error(where_, fmt::format("makes a text of more than {} bytes of a shorter one",
                                      with_commas(kMostBytes)));
    }
    text = std::move(replaced);
  }

 private:
  Pattern pattern_;
  std::string content_;
  std::string where_;
};

class Sequence : public Normalizer {
 public:
  explicit Sequence(std::vector<std::unique_ptr<Normalizer>> steps) : steps_(std::move(steps)) {}
  void apply(std::string& text) const override {
    for (const auto& step : steps_) step->apply(text);
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> steps_;
};

template <NormalForm form>
std::unique_ptr<Normalizer> read_form(const JsonPart& part) {
  part.expect_keys({"type"});
  return std::make_unique<UnicodeForm>(form);
}

std::unique_ptr<Normalizer> read_lowercase(const JsonPart& part) {
  part.expect_keys({"type"});
  return std::make_unique<Lowercase>();
}

std::unique_ptr<Normalizer> read_strip(const JsonPart& part) {
  part.expect_keys({"type", "strip_left", "strip_right"});
  return std::make_unique<Strip>(part.at("strip_left").flag(), part.at("strip_right").flag());
}

std::unique_ptr<Normalizer> read_prepend(const JsonPart& part) {
  part.expect_keys({"type", "prepend"});
  const JsonPart prefix = part.at("prepend");
  if (prefix.text().empty()) throw prefix.error("is empty", "at least one character");
  return std::make_unique<Prepend>(prefix.text());
}

std::unique_ptr<Normalizer> read_replace(const JsonPart& part) {
  part.expect_keys({"type", "pattern", "content"});
  const JsonPart content = part.at("content");
  const JsonPart pattern = part.at("pattern");
  // Versions of the original differ: to some $1 is the first group, to others two characters.
  if (pattern.value().contains("Regex") && content.text().find('$') != std::string::npos) {
    throw content.error("'$' is not supported in what replaces a regular expression");
  }
  return std::make_unique<Replace>(Pattern::read(pattern), content.text(), pattern.where());
}

std::unique_ptr<Normalizer> read_sequence(const JsonPart& part) {
  part.expect_keys({"type", "normalizers"});
  std::vector<std::unique_ptr<Normalizer>> steps;
  for (const JsonPart& item : part.at("normalizers").items()) {
    steps.push_back(read_normalizer(item));
  }
  return std::make_unique<Sequence>(std::move(steps));
}

constexpr PartKind<std::unique_ptr<Normalizer>> kKinds[] = {
    {"NFC", read_form<NormalForm::nfc>},
    {"NFD", read_form<NormalForm::nfd>},
    {"NFKC", read_form<NormalForm::nfkc>},
    {"NFKD", read_form<NormalForm::nfkd>},
    {"Lowercase", read_lowercase},
    {"Strip", read_strip},
    {"Prepend", read_prepend},
    {"Replace", read_replace},
    {"Sequence", read_sequence},
};

}  // namespace

std::unique_ptr<Normalizer> read_normalizer(const JsonPart& part) {
  return read_by_type(part, kKinds);
}

}  // namespace e2lm
