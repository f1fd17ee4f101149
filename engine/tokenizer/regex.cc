#include "engine/tokenizer/regex.h"

#include <fmt/format.h>
#include <oniguruma.h>

#include <array>
#include <optional>

#include "base/error.h"
#include "engine/tokenizer/newer_characters.h"
#include "engine/tokenizer/newer_classes.h"
#include "engine/tokenizer/unicode.h"

namespace e2lm {
namespace {

const OnigUChar* bytes(std::string_view text) {
  return reinterpret_cast<const OnigUChar*>(text.data());
}

std::string reason(int code, OnigErrorInfo* info) {
  std::array<OnigUChar, ONIG_MAX_ERROR_MESSAGE_LEN> message;
  const int length = onig_error_code_to_str(message.data(), code, info);
  return {reinterpret_cast<const char*>(message.data()), static_cast<size_t>(length)};
}

void initialize_once() {
  static const int kDone = [] {
    OnigEncoding encoding = ONIG_ENCODING_UTF8;
    return onig_initialize(&encoding, 1);
  }();
  (void)kDone;
}

// Whether the pattern may have one: \1 within a character class is another thing.
bool has_back_reference(std::string_view pattern) {
  for (size_t at = 0; at + 1 < pattern.size(); ++at) {
    if (pattern[at] != '\\') continue;
    const char next = pattern[++at];
    if (next == 'k' || (next >= '1' && next <= '9')) return true;
  }
  return false;
}

// Where Oniguruma puts the groups of a match; it frees itself.
struct Groups {
  Groups() = default;
  ~Groups() { onig_region_free(&region, 0); }
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;

  OnigRegion region = {};
};

}  // namespace

struct Regex::Program {
  Program(std::string_view pattern, std::string_view where) {
    initialize_once();
    OnigErrorInfo info = {};
    const int status = onig_new(&compiled, bytes(pattern), bytes(pattern) + pattern.size(),
                                ONIG_OPTION_NONE, ONIG_ENCODING_UTF8, ONIG_SYNTAX_DEFAULT, &info);
    if (status == ONIG_NORMAL) return;
    throw Error(where, fmt::format("the pattern is broken: {}", reason(status, &info)));
  }
  ~Program() { onig_free(compiled); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  regex_t* compiled = nullptr;
};

void Regex::Free::operator()(Program* program) const {
  delete program;
}

Regex::Regex(std::string_view pattern, std::string_view where)
    : program_(new Program(pattern, where)), compares_(has_back_reference(pattern)), where_(where) {
  const std::string newer = with_newer_punctuation(pattern);
  if (newer != pattern) program_.reset(new Program(newer, where));
}

void Regex::find_all(std::string_view text, std::vector<Span>& matches) const {
  const auto with_known_characters = with_stand_ins(text);
  if (with_known_characters && compares_) {
    throw Error(where_, "has a back-reference, and the text characters newer than Unicode 14",
                "one of the two");
  }
  if (with_known_characters) text = *with_known_characters;
  static thread_local Groups groups;  // kept between calls: most texts are a single word
  const OnigUChar* const begin = bytes(text);
  const OnigUChar* const end = begin + text.size();
  std::optional<size_t> last_end;
  for (size_t at = 0; at <= text.size();) {
    const int status = onig_search(program_->compiled, begin, end, begin + at, end, &groups.region,
                                   ONIG_OPTION_NONE);
    if (status == ONIG_MISMATCH) return;
    if (status < 0) {
      throw Error(where_, fmt::format("cannot match a text: {}", reason(status, nullptr)));
    }
    const Span match = {static_cast<size_t>(groups.region.beg[0]),
                        static_cast<size_t>(groups.region.end[0])};
    if (match.empty() && match.end == last_end) {
      if (at == text.size()) return;
      decode_utf8(text, at);
      continue;
    }
    matches.push_back(match);
    last_end = at = match.end;
  }
}

}  // namespace e2lm
