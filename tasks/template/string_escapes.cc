#include "tasks/template/string_escapes.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "tasks/template/unicode.h"

namespace e2lm::jinja {
namespace {

class Decoder {
 public:
  Decoder(const Source& source, size_t start, std::string_view raw)
      : source_(source), start_(start), raw_(raw) {}

  std::string decode() {
    while (at_ < raw_.size()) {
      const size_t backslash = std::min(raw_.find('\\', at_), raw_.size());
      out_ += raw_.substr(at_, backslash - at_);
      at_ = backslash;
      // A lone backslash at the end cannot be: it would have escaped the closing quote.
      if (at_ + 1 < raw_.size()) decode_one();
    }
    return std::move(out_);
  }

 private:
  void decode_one() {
    static constexpr std::string_view kLetters = "\\'\"abfnrtv";
    static constexpr std::string_view kMeanings = "\\'\"\a\b\f\n\r\t\v";
    const char kind = raw_[at_ + 1];
    if (const size_t known = kLetters.find(kind); known != std::string_view::npos) {
      out_ += kMeanings[known];
      at_ += 2;
    } else if (kind == '\n') {
      at_ += 2;
    } else if (kind >= '0' && kind <= '7') {
      append_number(1, 1, 3, 8);
    } else if (kind == 'x') {
      append_number(2, 2, 2, 16);
    } else if (kind == 'u') {
      append_number(2, 4, 4, 16);
    } else if (kind == 'U') {
      append_number(2, 8, 8, 16);
    } else if (kind == 'N') {
      append_named();
    } else {
      out_ += '\\';
      ++at_;
    }
  }

  // The character whose number stands `skip` bytes on, in `least` to `most` digits.
  void append_number(size_t skip, size_t least, size_t most, int base) {
    const std::string_view digits = raw_.substr(at_ + skip, most);
    uint32_t number = 0;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
    const auto count = static_cast<size_t>(end.ptr - digits.data());
    if (count < least || end.ec != std::errc{}) {
      fail("the escape misses digits", "\\x41, \\u00e9 or \\U0001f600");
    }
    if (number > 0x10FFFF) fail("the escape is no character", "at most \\U0010ffff");
    if (number >= 0xD800 && number < 0xE000) {
      fail("the escape is half a surrogate pair", "one \\U escape for the whole character");
    }
    append_character(out_, number);
    at_ += skip + count;
  }

  void append_named() {
    const size_t close = raw_.find('}', at_);
    if (raw_.substr(at_).substr(2, 1) != "{" || close == std::string_view::npos) {
      fail("the escape misses a name", "\\N{BULLET}");
    }
    const auto c = named_character(std::string(raw_.substr(at_ + 3, close - at_ - 3)));
    if (!c) fail("the escape names no character", "\\N{BULLET}");
    append_character(out_, *c);
    at_ = close + 1;
  }

  [[noreturn]] void fail(std::string_view what, std::string_view expected) const {
    source_.fail(start_ + at_, what, expected);
  }

  const Source& source_;
  size_t start_;
  std::string_view raw_;
  size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string decode_escapes(const Source& source, size_t start, std::string_view raw) {
  return Decoder(source, start, raw).decode();
}

}  // namespace e2lm::jinja
