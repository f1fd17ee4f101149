#include "tasks/dataset/data_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace e2lm {
namespace {

struct SplitWords {
  std::string_view split;
  std::vector<std::string_view> words;
};

const std::array<SplitWords, 3>& split_words() {
  static const std::array<SplitWords, 3> kSplits = {
      SplitWords{"train", {"train", "training"}},
      SplitWords{"validation", {"validation", "valid", "dev", "val"}},
      SplitWords{"test", {"test", "testing", "eval", "evaluation"}}};
  return kSplits;
}

bool separates(char c) {
  return std::string_view("-._ 0123456789").find(c) != std::string_view::npos;
}

// Where in a name a split's word stands: at its beginning or after a separator, at its end or
// before a separator.
struct Position {
  bool after_separator = false, before_separator = false;
};

bool has_word(std::string_view name, std::string_view word, Position position) {
  for (size_t at = name.find(word); at != std::string_view::npos; at = name.find(word, at + 1)) {
    const size_t end = at + word.size();
    const bool opens = position.after_separator ? at > 0 && separates(name[at - 1]) : at == 0;
    const bool ends =
        position.before_separator ? end < name.size() && separates(name[end]) : end == name.size();
    if (opens && ends) return true;
  }
  return false;
}

bool is_data_file(const Path& relative, const std::vector<std::string>& extensions) {
  static constexpr std::array<std::string_view, 6> kNoData = {
      "README.md",          "config.json",    "dataset_info.json",
      "dataset_infos.json", "dummy_data.zip", "dataset_dict.json"};
  const std::string name = relative.filename().string();
  if (std::find(kNoData.begin(), kNoData.end(), name) != kNoData.end()) return false;
  for (const Path& part : relative) {
    if (part.string().starts_with('.')) return false;
  }
  for (const Path& part : relative.parent_path()) {
    if (part.string().starts_with("__")) return false;
  }
  if (extensions.empty()) return true;
  const Path unpacked = relative.extension() == ".gz" ? relative.stem() : relative;
  const std::string extension = unpacked.extension().string();
  return std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

// Files below the folder, relative to it.
std::vector<Path> files_below(const Path& folder, const std::vector<std::string>& extensions) {
  std::error_code code;
  std::vector<Path> files;
  auto entries = std::filesystem::recursive_directory_iterator(folder, code);
  for (auto it = std::filesystem::begin(entries); !code && it != std::filesystem::end(entries);
       it.increment(code)) {
    const Path relative = it->path().lexically_relative(folder);
    if (it->is_regular_file() && is_data_file(relative, extensions)) files.push_back(relative);
  }
  if (code) throw Error(folder.string(), "cannot list the folder: " + code.message());
  return files;
}

// NAME of data/NAME-00000-of-00001.EXT.
std::optional<std::string> sharded_split(const Path& relative) {
  constexpr std::string_view kPattern = "-00000-of-00000";
  if (relative.parent_path() != "data") return {};
  const std::string name = relative.filename().string();
  const auto fits = [&](size_t at) {
    return std::equal(kPattern.begin(), kPattern.end(), name.begin() + at,
                      [](char p, char c) { return p == '0' ? c >= '0' && c <= '9' : p == c; });
  };
  for (size_t at = 1; at + kPattern.size() < name.size(); ++at) {
    if (fits(at) && name.find('.', at + kPattern.size()) != std::string::npos) {
      return name.substr(0, at);
    }
  }
  return {};
}

std::vector<SplitFiles> sharded_splits(const std::vector<Path>& files) {
  std::map<std::string, std::vector<Path>> by_name;
  for (const Path& file : files) {
    if (const auto split = sharded_split(file)) by_name[*split].push_back(file);
  }
  std::vector<SplitFiles> splits;
  for (const SplitWords& known : split_words()) {
    const auto found = by_name.find(std::string(known.split));
    if (found == by_name.end()) continue;
    splits.push_back({found->first, found->second});
    by_name.erase(found);
  }
  for (const auto& [name, its_files] : by_name) splits.push_back({name, its_files});
  return splits;
}

// The files that a split's words select, pattern by pattern. A file that two patterns select is
// read twice, as the original does.
using Selects = std::function<bool(const Path& relative, std::string_view word, Position position)>;
std::vector<SplitFiles> named_splits(const std::vector<Path>& files,
                                     const std::vector<Position>& positions,
                                     const Selects& selects) {
  std::vector<SplitFiles> splits;
  for (const SplitWords& known : split_words()) {
    SplitFiles split{std::string(known.split), {}};
    for (const std::string_view word : known.words) {
      for (const Position position : positions) {
        std::copy_if(files.begin(), files.end(), std::back_inserter(split.files),
                     [&](const Path& file) { return selects(file, word, position); });
      }
    }
    if (!split.files.empty()) splits.push_back(std::move(split));
  }
  return splits;
}

std::vector<SplitFiles> splits_of_folders(const std::vector<Path>& files) {
  return named_splits(files, {{false, false}, {false, true}, {true, false}, {true, true}},
                      [](const Path& relative, std::string_view word, Position position) {
                        const Path parents = relative.parent_path();
                        return std::any_of(parents.begin(), parents.end(), [&](const Path& part) {
                          return has_word(part.string(), word, position);
                        });
                      });
}

// A file's name goes on after the word, with the point of its extension at least.
std::vector<SplitFiles> splits_of_names(const std::vector<Path>& files) {
  return named_splits(files, {{false, true}, {true, true}},
                      [](const Path& relative, std::string_view word, Position position) {
                        return has_word(relative.filename().string(), word, position);
                      });
}

std::vector<SplitFiles> splits_of(std::vector<Path> files) {
  std::sort(files.begin(), files.end(),
            [](const Path& a, const Path& b) { return a.string() < b.string(); });
  std::vector<SplitFiles> splits = sharded_splits(files);
  if (splits.empty()) splits = splits_of_folders(files);
  if (splits.empty()) splits = splits_of_names(files);
  if (splits.empty()) splits.push_back({"train", std::move(files)});
  return splits;
}

}  // namespace

std::vector<SplitFiles> find_splits(const std::vector<Path>& paths) {
  std::vector<Path> files;
  std::copy_if(paths.begin(), paths.end(), std::back_inserter(files),
               [](const Path& path) { return is_data_file(path, {}); });
  return files.empty() ? std::vector<SplitFiles>() : splits_of(std::move(files));
}

std::vector<SplitFiles> find_data_files(const Path& folder,
                                        const std::vector<std::string>& extensions) {
  if (!std::filesystem::is_directory(folder)) throw Error(folder.string(), "no such folder");
  std::vector<Path> files = files_below(folder, extensions);
  if (files.empty()) throw Error(folder.string(), "has no data files");
  std::vector<SplitFiles> splits = splits_of(std::move(files));
  for (SplitFiles& split : splits) {
    for (Path& file : split.files) file = folder / file;
  }
  return splits;
}

}  // namespace e2lm
