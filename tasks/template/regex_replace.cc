#include "tasks/template/regex_replace.h"

#include <fmt/format.h>
#include <oniguruma.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "tasks/template/unicode.h"

namespace e2lm::jinja {
namespace {

// Backtracks of one search, and what such a search is charged.
constexpr unsigned long kMaxRetries = 50'000;
constexpr unsigned int kMaxStack = 1'000'000;
constexpr size_t kStepsPerSearch = 100;

const OnigUChar* bytes(const char* text) {
  return reinterpret_cast<const OnigUChar*>(text);
}

struct Free {
  void operator()(regex_t* regex) const { onig_free(regex); }
  void operator()(OnigRegion* region) const { onig_region_free(region, 1); }
  void operator()(OnigMatchParam* limits) const { onig_free_match_param(limits); }
};

class Regex {
 public:
  Regex(Work& work, std::string_view pattern) : work_(work) {
    static const int kReady = [] {
      OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
      return onig_initialize(encodings, 1);
    }();
    const std::string translated = translate_pattern(work, pattern);
    const char* begin = translated.data();
    regex_t* regex = nullptr;
    const int status =
        kReady != ONIG_NORMAL
            ? kReady
            : onig_new(&regex, bytes(begin), bytes(begin + translated.size()), ONIG_OPTION_NONE,
                       ONIG_ENCODING_UTF8, ONIG_SYNTAX_ONIGURUMA, nullptr);
    if (status != ONIG_NORMAL) fail(status);
    regex_.reset(regex);
    onig_initialize_match_param(limits_.get());
    onig_set_retry_limit_in_search_of_match_param(limits_.get(), kMaxRetries);
    onig_set_retry_limit_in_match_of_match_param(limits_.get(), kMaxRetries);
    onig_set_match_stack_limit_size_of_match_param(limits_.get(), kMaxStack);
  }

  // Whether there is a match at or after byte `from`; right there and not empty, if so asked.
  bool search(std::string_view text, size_t from, bool here_and_not_empty) {
    work_.spend(kStepsPerSearch);
    const OnigUChar* begin = bytes(text.data());
    const OnigUChar* end = begin + text.size();
    const int status =
        here_and_not_empty
            ? onig_match_with_param(regex_.get(), begin, end, begin + from, region_.get(),
                                    ONIG_OPTION_FIND_NOT_EMPTY, limits_.get())
            : onig_search_with_param(regex_.get(), begin, end, begin + from, end, region_.get(),
                                     ONIG_OPTION_NONE, limits_.get());
    if (status == ONIG_MISMATCH) return false;
    if (status < 0) fail(status);
    work_.spend_bytes(this->end(0) - from);
    return true;
  }

  int group_count() const { return onig_number_of_captures(regex_.get()); }
  size_t start(int group) const { return static_cast<size_t>(region_->beg[group]); }
  size_t end(int group) const { return static_cast<size_t>(region_->end[group]); }
  bool has(int group) const { return region_->beg[group] >= 0; }

 private:
  [[noreturn]] void fail(int status) const {
    std::array<OnigUChar, ONIG_MAX_ERROR_MESSAGE_LEN> message = {};
    onig_error_code_to_str(message.data(), status);
    work_.fail(fmt::format("a regular expression fails: {}",
                           reinterpret_cast<const char*>(message.data())));
  }

  Work& work_;
  std::unique_ptr<regex_t, Free> regex_;
  std::unique_ptr<OnigRegion, Free> region_{onig_region_new()};
  std::unique_ptr<OnigMatchParam, Free> limits_{onig_new_match_param()};
};

// Writes the replacement of one match: \1 and \g<1> are groups, \n and its like characters.
class Replacement {
 public:
  Replacement(const Work& work, std::string_view written, const Regex& regex)
      : work_(work), regex_(regex) {
    while (!written.empty()) {
      const size_t backslash = std::min(written.find('\\'), written.size());
      append(written.substr(0, backslash));
      written.remove_prefix(backslash);
      if (!written.empty()) written.remove_prefix(read_escape(written));
    }
  }

  void write(std::string_view text, std::string& out) const {
    for (const Piece& piece : pieces_) {
      out += piece.text;
      if (piece.group < 0 || !regex_.has(piece.group)) continue;
      const size_t start = regex_.start(piece.group);
      out += text.substr(start, regex_.end(piece.group) - start);
    }
  }

 private:
  struct Piece {
    std::string text;
    int group = -1;  // follows the text
  };

  void append(std::string_view text) { pieces_.push_back({std::string(text)}); }

  // Returns the bytes of the escape that opens `written`.
  size_t read_escape(std::string_view written) {
    static constexpr std::string_view kLetters = "\\abfnrtv";
    static constexpr std::string_view kMeanings = "\\\a\b\f\n\r\t\v";
    const char c = written.size() > 1 ? written[1] : '\0';
    if (const size_t known = kLetters.find(c); known != std::string_view::npos) {
      append(kMeanings.substr(known, 1));
      return 2;
    }
    if (c == 'g' && written.size() > 4 && written[2] == '<' && written[4] == '>') {
      add_group(written[3]);
      return 5;
    }
    const bool more_digits = written.size() > 2 && written[2] >= '0' && written[2] <= '9';
    if (c >= '1' && c <= '9' && !more_digits) {
      add_group(c);
      return 2;
    }
    if (c == '\0' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      work_.fail("an escape in a replacement is not supported",
                 "\\1, \\g<1>, \\n or two backslashes");
    }
    append("\\");
    return 1;
  }

  void add_group(char digit) {
    const int group = digit - '0';
    if (group < 0 || group > regex_.group_count()) {
      work_.fail("a replacement names a group that the regular expression has not");
    }
    pieces_.push_back({{}, group});
  }

  const Work& work_;
  const Regex& regex_;
  std::vector<Piece> pieces_;
};

}  // namespace

std::string regex_replace(Work& work, std::string_view text, std::string_view pattern,
                          std::string_view replacement, int64_t count) {
  Regex regex(work, pattern);
  const Replacement written(work, replacement, regex);
  std::string out;
  size_t copied = 0;  // bytes of the text that are in `out`
  size_t from = 0;    // where the next search starts
  bool after_empty = false;
  for (int64_t done = 0; (count == 0 || done < count) && from <= text.size(); ++done) {
    // After an empty match, a match at the same place must not be empty; or else it is further on.
    bool found = after_empty && regex.search(text, from, true);
    if (!found && after_empty && from < text.size()) {
      next_character(text, from);
      after_empty = false;
    }
    found = found || (!after_empty && regex.search(text, from, false));
    if (!found) break;
    out += text.substr(copied, regex.start(0) - copied);
    written.write(text, out);
    work.require_size(out.size());
    copied = from = regex.end(0);
    after_empty = regex.start(0) == regex.end(0);
  }
  return out.append(text.substr(copied));
}

}  // namespace e2lm::jinja
