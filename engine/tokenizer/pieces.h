#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/span.h"

namespace e2lm {

// A stretch of text being cut into the pieces that are encoded one by one. Pieces stand in the
// order of the text; what lies between them has been dropped. None is empty.
class Pieces {
 public:
  // One piece, the whole text, which must outlive this. `opens` says that the stretch stands at
  // the very start of the text to encode.
  Pieces(std::string_view text, bool opens) : text_(text), opens_(opens) {
    if (!text.empty()) spans_.push_back({0, text.size()});
  }
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;

  size_t size() const { return spans_.size(); }
  std::string_view operator[](size_t i) const { return spans_[i].of(text_); }
  // Whether piece i stands at the very start of the text to encode.
  bool opens(size_t i) const { return i == 0 && opens_; }

  // Cuts every piece: cut(std::string_view piece, std::vector<Span>& parts) appends the parts to
  // keep, in order; empty ones are dropped.
  template <typename Cut>
  void split(Cut&& cut) {
    std::vector<Span> spans;
    std::vector<Span> parts;
    bool still_opens = false;
    for (size_t i = 0; i < size(); ++i) {
      parts.clear();
      cut((*this)[i], parts);
      for (const Span part : parts) {
        if (part.empty()) continue;
        if (spans.empty()) still_opens = opens(i) && part.begin == 0;
        spans.push_back({spans_[i].begin + part.begin, spans_[i].begin + part.end});
      }
    }
    spans_ = std::move(spans);
    opens_ = still_opens;
  }

  // Rewrites every piece: rewrite(size_t i, std::string& text) appends what piece i becomes,
  // which is not empty.
  template <typename Rewrite>
  void rewrite(Rewrite&& rewrite) {
    std::string text;
    for (size_t i = 0; i < size(); ++i) {
      const size_t begin = text.size();
      rewrite(i, text);
      spans_[i] = {begin, text.size()};  // not read again below i
    }
    own_ = std::move(text);
    text_ = own_;
  }

 private:
  std::string own_;  // the text, once it has been rewritten
  std::string_view text_;
  std::vector<Span> spans_;
  bool opens_;
};

}  // namespace e2lm
