#include "harness/submission/git_patch.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <set>

#include "base/error.h"
#include "harness/submission/git_binary.h"
#include "harness/submission/patch_lines.h"
#include "harness/submission/safe_path.h"

namespace e2lm::submission {
namespace {

using Kind = PatchedFile::Kind;

constexpr std::string_view kNoFile = "/dev/null";

bool has_prefix(std::string_view path) {
  constexpr std::string_view kPrefixes = "abciwo12";  // git's, and its mnemonic ones
  return path.size() > 2 && path[1] == '/' && kPrefixes.find(path[0]) != std::string_view::npos;
}

struct HunkSize {
  int64_t old_count = 1, new_count = 1;
};

// "-12,3 +12,4 @@ heading": the counts, 1 where they are left out.
std::optional<HunkSize> read_hunk_size(std::string_view text) {
  HunkSize size;
  for (const auto& [sign, count] : {std::pair{'-', &size.old_count}, {'+', &size.new_count}}) {
    if (text.empty() || text.front() != sign) return {};
    text.remove_prefix(1);
    int64_t start = 0;
    for (int64_t* number : {&start, count}) {
      const auto read = std::from_chars(text.data(), text.data() + text.size(), *number);
      if (read.ec != std::errc() || *number < 0) return {};
      text.remove_prefix(static_cast<size_t>(read.ptr - text.data()));
      if (number == count || !text.starts_with(',')) break;
      text.remove_prefix(1);
    }
    if (!text.starts_with(' ')) return {};
    text.remove_prefix(1);
  }
  return text.starts_with("@@") ? std::optional(size) : std::nullopt;
}

// Reads the files of a patch one after another.
class PatchReader {
 public:
  PatchReader(std::string_view text, std::string_view where) : lines_(text, where), where_(where) {}

  std::vector<PatchedFile> read() {
    std::vector<PatchedFile> files;
    std::set<Path> seen;
    while (!lines_.done() && !lines_.starts("diff --git ")) lines_.next();
    while (!lines_.done()) {
      if (!lines_.starts("diff --git ")) {
        check_between();
        continue;
      }
      files.push_back(read_file());
      if (!seen.insert(files.back().path).second) {
        lines_.fail(fmt::format("{} is in the patch twice", files.back().path.string()));
      }
    }
    if (files.empty()) lines_.fail("there is no file in the patch", "what `git diff` writes");
    return files;
  }

 private:
  // Between files only git's signature may stand, with its version, and empty lines.
  void check_between() {
    if (lines_.peek() == "-- " || lines_.peek() == "--") {
      while (!lines_.done() && !lines_.starts("diff --git ")) lines_.next();
      return;
    }
    if (!lines_.peek().empty()) {
      lines_.fail(fmt::format("'{}' belongs to no file", printable(lines_.peek(), 60)),
                  "a hunk '@@ -a,b +c,d @@' with as many lines as it says, or 'diff --git'");
    }
    lines_.next();
  }

  PatchedFile read_file() {
    PatchedFile file{.line = lines_.number()};
    file_ = &file;
    old_mode_.clear();
    new_mode_.clear();
    std::string_view names;
    lines_.take("diff --git ", names);
    const auto [old_name, new_name] = header_paths(names);
    read_extended_header(new_name);
    if (file.path.empty()) file.path = checked(file.kind == Kind::deleted ? old_name : new_name);
    check_mode();
    read_changes();
    return file;
  }

  // Two names in one line; without quotes they are told apart by being the same.
  std::pair<std::string, std::string> header_paths(std::string_view text) {
    std::string first, second;
    if (text.starts_with('"') || text.ends_with('"')) {
      const size_t space = text.starts_with('"') ? std::string_view::npos : text.find(" \"");
      std::string_view rest = text.substr(0, space);
      first = take_git_path(rest, lines_);
      rest = space == std::string_view::npos ? rest : text.substr(space);
      if (!rest.starts_with(' ')) lines_.fail("the line before names one file", "two");
      rest.remove_prefix(1);
      second = take_git_path(rest, lines_);
      return {stripped(first), stripped(second)};
    }
    for (size_t space = text.find(' '); space != std::string_view::npos;
         space = text.find(' ', space + 1)) {
      first = stripped(text.substr(0, space));
      second = stripped(text.substr(space + 1));
      if (first == second) return {first, second};
    }
    return {"", ""};  // a rename: its own lines say the names
  }

  static std::string stripped(std::string_view path) {
    return std::string(has_prefix(path) ? path.substr(2) : path);
  }

  Path checked(const std::string& path) const {
    const int64_t line = lines_.number() - 1;
    return safe_path(path, fmt::format("{}:{}", where_, line));
  }

  void read_extended_header(const std::string& header_name) {
    std::string_view rest;
    for (;;) {
      if (lines_.take("new file mode ", rest)) {
        file_->kind = Kind::added;
        new_mode_ = rest;
      } else if (lines_.take("deleted file mode ", rest)) {
        file_->kind = Kind::deleted;
        old_mode_ = rest;
      } else if (lines_.take("old mode ", rest)) {
        old_mode_ = rest;
      } else if (lines_.take("new mode ", rest)) {
        new_mode_ = rest;
      } else if (lines_.take("rename from ", rest) || lines_.take("copy from ", rest)) {
        file_->old_path = checked(take_git_path(rest, lines_));
      } else if (lines_.take("rename to ", rest)) {
        file_->kind = Kind::renamed;
        file_->path = checked(take_git_path(rest, lines_));
      } else if (lines_.take("copy to ", rest)) {
        file_->kind = Kind::copied;
        file_->path = checked(take_git_path(rest, lines_));
      } else if (lines_.take("index ", rest)) {
        if (const size_t space = rest.find(' '); space != std::string_view::npos) {
          new_mode_ = rest.substr(space + 1);
        }
      } else if (!lines_.take("similarity index ", rest) &&
                 !lines_.take("dissimilarity index ", rest)) {
        break;
      }
    }
    if (file_->path.empty() && header_name.empty()) {
      lines_.fail("the file's names cannot be told from its header");
    }
  }

  void check_mode() const {
    for (const std::string& mode : {old_mode_, new_mode_}) {
      if (mode.empty() || mode.starts_with("100")) continue;
      const std::string_view kind = mode == "120000"   ? "a symbolic link"
                                    : mode == "160000" ? "a submodule"
                                                       : "no plain file";
      lines_.fail(fmt::format("{} is {} (mode {})", file_->path.string(), kind, mode),
                  "plain files, mode 100644 or 100755");
    }
  }

  void read_changes() {
    std::string_view rest;
    if (lines_.take("Binary files ", rest)) {
      file_->binary = true;
      return;
    }
    if (lines_.starts("GIT binary patch")) return read_binary();
    if (lines_.starts("--- ")) read_names();
    while (lines_.starts("@@ ")) read_hunk();
    if (file_->kind == Kind::added) file_->has_content = true;
  }

  void read_binary() {
    lines_.next();
    file_->binary = true;
    bool is_delta = false;
    std::string content = read_binary_patch(lines_, is_delta);
    if (file_->kind != Kind::added) return;
    if (is_delta) lines_.fail("a new file is given as a difference", "'literal'");
    file_->content = std::move(content);
    file_->has_content = true;
  }

  // The names before the hunks are those of the header.
  void read_names() {
    const auto name = [&](std::string_view start) -> std::optional<std::string> {
      std::string_view rest;
      if (!lines_.take(start, rest)) {
        lines_.fail(fmt::format("'{}' is missing", start), "'--- OLD' and '+++ NEW'");
      }
      const std::string path = take_git_path(rest, lines_);
      if (path == kNoFile) return {};
      return checked(stripped(path)).string();
    };
    const auto old_name = name("--- "), new_name = name("+++ ");
    const bool added = file_->kind == Kind::added, deleted = file_->kind == Kind::deleted;
    const std::string before = (file_->old_path.empty() ? file_->path : file_->old_path).string();
    const bool fits = old_name.has_value() != added && new_name.has_value() != deleted &&
                      (added || *old_name == before) &&
                      (deleted || *new_name == file_->path.string());
    if (!fits) {
      lines_.fail(fmt::format("the names before the hunks are not those of the header of {}",
                              file_->path.string()));
    }
    if (!lines_.starts("@@ ")) lines_.fail("there is no hunk after the names", "'@@ -a,b +c,d @@'");
  }

  void read_hunk() {
    std::string_view rest;
    lines_.take("@@ ", rest);
    const auto size = read_hunk_size(rest);
    if (!size) {
      lines_.fail("the line before is no head of a hunk", "'@@ -start,count +start,count @@'");
    }
    auto [old_left, new_left] = *size;
    const bool added = file_->kind == Kind::added;
    if (added && old_left != 0) lines_.fail("a new file has a hunk that removes lines");
    if (added && file_->lines_added > 0) lines_.fail("a new file has a second hunk");
    while (old_left > 0 || new_left > 0) read_hunk_line(old_left, new_left);
    end_hunk();
  }

  void read_hunk_line(int64_t& old_left, int64_t& new_left) {
    if (lines_.done()) {
      lines_.fail(fmt::format("the patch ends within a hunk: {} old and {} new lines are missing",
                              old_left, new_left));
    }
    const std::string_view line = lines_.peek();
    const char kind = line.empty() ? ' ' : line.front();  // mailers strip a lone space
    const bool takes_old = kind == ' ' || kind == '-', takes_new = kind == ' ' || kind == '+';
    if (kind == '\\') return take_no_newline();
    if ((!takes_old && !takes_new) || (takes_old && old_left == 0) ||
        (takes_new && new_left == 0)) {
      lines_.fail(
          fmt::format("'{}' does not fit the hunk, which wants {} old and {} new lines "
                      "more",
                      printable(line, 60), old_left, new_left));
    }
    old_left -= takes_old;
    new_left -= takes_new;
    file_->lines_added += kind == '+';
    file_->lines_removed += kind == '-';
    if (file_->kind == Kind::added) (file_->content += line.substr(1)) += '\n';
    lines_.next();
  }

  void end_hunk() {
    if (lines_.starts("\\ ")) take_no_newline();
  }

  // "\ No newline at end of file", in whichever language: about the line before.
  void take_no_newline() {
    if (file_->kind == Kind::added && file_->content.ends_with('\n')) file_->content.pop_back();
    lines_.next();
  }

  PatchLines lines_;
  std::string_view where_;
  PatchedFile* file_ = nullptr;
  std::string old_mode_, new_mode_;
};

}  // namespace

std::vector<PatchedFile> read_git_patch(std::string_view text, std::string_view where) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {  // by PowerShell's `>`
    throw Error(where, "is text in UTF-16", "UTF-8, as `git diff --binary --output=FILE` writes");
  }
  return PatchReader(text, where).read();
}

}  // namespace e2lm::submission
