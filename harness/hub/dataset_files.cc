#include "harness/hub/dataset_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <tuple>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "harness/hub/glob.h"
#include "tasks/dataset/data_files.h"

namespace e2lm {
namespace {

struct Extension {
  std::string_view extension, format;
};
// Those that decide what a data set is; among what e2lm does not read, the usual ones.
constexpr auto kExtensions = std::to_array<Extension>({
    {"csv", "csv"},
    {"tsv", "tsv"},
    {"json", "json"},
    {"jsonl", "json"},
    {"ndjson", "json"},
    {"parquet", "parquet"},
    {"geoparquet", "parquet"},
    {"gpq", "parquet"},
    {"arrow", "arrow"},
    {"txt", "txt"},
    {"tar", "tar"},
    {"xml", "xml"},
    {"hdf5", "hdf5"},
    {"h5", "hdf5"},
    {"lance", "lance"},
    {"vortex", "vortex"},
    {"eval", "eval"},
    {"toml", "toml"},
    {"md", "toml"},
    {"conll", "conll"},
    {"conllu", "conll"},
    {"zip", "zip"},
    {"png", "image"},
    {"jpg", "image"},
    {"jpeg", "image"},
    {"gif", "image"},
    {"bmp", "image"},
    {"tif", "image"},
    {"tiff", "image"},
    {"webp", "image"},
    {"wav", "audio"},
    {"mp3", "audio"},
    {"flac", "audio"},
    {"ogg", "audio"},
    {"opus", "audio"},
    {"m4a", "audio"},
    {"mp4", "video"},
    {"mkv", "video"},
    {"avi", "video"},
    {"mov", "video"},
    {"webm", "video"},
    {"pdf", "pdf"},
});

std::string_view format_of_extension(std::string_view extension) {
  const auto found = std::find_if(kExtensions.begin(), kExtensions.end(),
                                  [&](const Extension& e) { return e.extension == extension; });
  return found == kExtensions.end() ? "" : found->format;
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// Every word behind a point counts: train.jsonl.gz is JSON, packed.
std::vector<std::string> extensions_of(const std::string& path) {
  std::vector<std::string> words = split(name_of(path), '.');
  words.erase(words.begin());
  return words;
}

bool is_known(const std::string& path) {
  const std::vector<std::string> words = extensions_of(path);
  return std::any_of(words.begin(), words.end(),
                     [](const std::string& word) { return !format_of_extension(word).empty(); });
}

// How many parts of a path, its last one too if asked, are hidden or, with underscores, special.
int marked_parts(std::string_view path, std::string_view mark, bool with_name) {
  std::vector<std::string> parts = split(path, '/');
  if (!with_name) parts.pop_back();
  return static_cast<int>(std::count_if(parts.begin(), parts.end(), [&](const std::string& part) {
    return part.starts_with(mark) && part.find_first_not_of('.') != std::string::npos;
  }));
}

bool is_ignored(const std::string& path, const std::string& pattern) {
  static constexpr std::array<std::string_view, 6> kNoData = {
      "README.md",          "config.json",    "dataset_info.json",
      "dataset_infos.json", "dummy_data.zip", "dataset_dict.json"};
  const std::string name = name_of(path);
  const bool no_data = std::find(kNoData.begin(), kNoData.end(), name) != kNoData.end();
  return (no_data && name != name_of(pattern)) ||
         marked_parts(path, "__", false) != marked_parts(pattern, "__", false) ||
         marked_parts(path, ".", true) != marked_parts(pattern, ".", true);
}

// The files a pattern selects, in the order of their paths.
std::vector<std::string> select(const std::vector<std::string>& files, std::string pattern,
                                const DatasetQuery& query) {
  if (pattern.find("://") != std::string::npos) {
    throw Error(query.where, fmt::format("its data are elsewhere: {}", pattern),
                "files of the repository");
  }
  while (pattern.starts_with("./")) pattern.erase(0, 2);
  const Glob glob(pattern);
  std::vector<std::string> found;
  std::copy_if(files.begin(), files.end(), std::back_inserter(found), [&](const std::string& path) {
    return glob.matches(path) && !is_ignored(path, pattern) && is_known(path);
  });
  if (found.empty() && !has_wildcards(pattern)) {
    throw Error(query.where, fmt::format("has no data file '{}'", pattern));
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<SplitPatterns> by_patterns(const std::vector<std::string>& files,
                                       const std::vector<SplitPatterns>& asked,
                                       const DatasetQuery& query) {
  std::vector<SplitPatterns> splits;
  for (const SplitPatterns& patterns : asked) {
    SplitPatterns& split = splits.emplace_back(SplitPatterns{patterns.split, {}});
    for (const std::string& pattern : patterns.patterns) {
      const std::vector<std::string> found = select(files, pattern, query);
      split.patterns.insert(split.patterns.end(), found.begin(), found.end());
    }
  }
  return splits;
}

// A file of a kind that is no data can make a split, as in the original, but is none of its files.
std::vector<SplitPatterns> by_names(const std::vector<std::string>& files) {
  std::vector<SplitPatterns> splits;
  for (const SplitFiles& found : find_splits({files.begin(), files.end()})) {
    SplitPatterns& split = splits.emplace_back(SplitPatterns{found.split, {}});
    for (const Path& path : found.files) {
      if (is_known(path.string())) split.patterns.push_back(path.string());
    }
  }
  return splits;
}

// Paths below a folder, as seen from it.
std::vector<std::string> files_below(const std::vector<std::string>& files, std::string folder) {
  while (folder.starts_with("./")) folder.erase(0, 2);
  while (folder.ends_with('/')) folder.pop_back();
  if (folder.empty() || folder == ".") return files;
  std::vector<std::string> below;
  for (const std::string& path : files) {
    if (path.starts_with(folder + "/")) below.push_back(path.substr(folder.size() + 1));
  }
  return below;
}

std::string join_path(const std::string& folder, const std::string& path) {
  return folder.empty() || folder == "." ? path : (Path(folder) / path).lexically_normal().string();
}

// What decides about the files: the query, or a configuration.
struct Choice {
  const std::vector<SplitPatterns>* data_files;
  std::string folder;
  const DatasetConfig* config = nullptr;
};

Choice decide(const std::vector<DatasetConfig>& configs, const DatasetQuery& query) {
  Choice choice{&query.data_files, query.data_dir};
  const bool asked = !query.data_files.empty() || !query.data_dir.empty();
  // Files that the task names need no configuration, but one that it names too is there.
  if (!configs.empty() && (!asked || !query.config.empty())) {
    choice.config = &choose_config(configs, query.config, query.where);
  }
  if (configs.empty() && !asked && !query.config.empty() && query.config != "default") {
    throw Error(query.where, fmt::format("has no configuration '{}'", query.config),
                "its README.md to list it; without that there is only `default`");
  }
  if (choice.config && !asked) {
    choice.data_files = &choice.config->data_files;
    choice.folder = choice.config->data_dir;
  }
  return choice;
}

}  // namespace

std::vector<SplitPatterns> list_splits(const std::vector<std::string>& repository,
                                       const std::vector<DatasetConfig>& configs,
                                       const DatasetQuery& query) {
  const Choice choice = decide(configs, query);
  const std::vector<std::string> files = files_below(repository, choice.folder);
  std::vector<SplitPatterns> splits =
      choice.data_files->empty() ? by_names(files) : by_patterns(files, *choice.data_files, query);
  for (SplitPatterns& split : splits) {
    for (std::string& path : split.patterns) path = join_path(choice.folder, path);
  }
  return splits;
}

std::string format_of(const std::vector<std::string>& paths) {
  static constexpr std::array<std::string_view, 7> kFavourites = {
      "parquet", "lance", "vortex", "arrow", "jsonl", "json", "csv"};
  std::map<std::pair<std::string, bool>, int64_t> counts;  // by extension and whether it is about
  for (const std::string& path : paths) {                  // other files (of images, say)
    const std::string name = name_of(path);
    const bool about =
        name == "metadata.csv" || name == "metadata.jsonl" || name == "metadata.parquet";
    for (const std::string& word : extensions_of(path)) ++counts[{ascii_lower(word), about}];
  }
  std::tuple<bool, int64_t, int64_t, std::string> best;
  std::string format;
  for (const auto& [key, count] : counts) {
    const auto& [word, about] = key;
    const std::string_view its = format_of_extension(word);
    const int64_t favour =
        std::find(kFavourites.begin(), kFavourites.end(), word) - kFavourites.begin();
    const std::tuple rank(!about, count, -favour, word);
    if (its.empty() || (!format.empty() && rank < best)) continue;
    best = rank;
    format = its;
  }
  return format;
}

bool has_format(std::string_view path, const std::string& format) {
  const std::vector<std::string> words = extensions_of(std::string(path));
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    const std::string_view its = format_of_extension(word);
    const bool tables = (format == "csv" && its == "tsv") || (format == "tsv" && its == "csv");
    return its == format || tables || its == "zip";
  });
}

SplitChoice choose_files(const std::vector<std::string>& repository,
                         const std::vector<DatasetConfig>& configs, const DatasetQuery& query) {
  const std::vector<SplitPatterns> splits = list_splits(repository, configs, query);
  std::vector<std::string> names;
  for (const SplitPatterns& split : splits) names.push_back(split.split);
  const auto found = std::find(names.begin(), names.end(), query.split);
  if (names.empty()) throw Error(query.where, "has no data files");
  if (found == names.end()) {
    throw Error(query.where, fmt::format("has no split '{}'", query.split),
                fmt::format("one of: {}", fmt::join(names, ", ")));
  }
  const std::vector<std::string>& files = splits[found - names.begin()].patterns;
  SplitChoice choice{.format = format_of(files)};
  std::copy_if(files.begin(), files.end(), std::back_inserter(choice.paths),
               [&](const std::string& path) { return has_format(path, choice.format); });
  if (choice.paths.empty()) {
    throw Error(query.where, fmt::format("has no data files of the split '{}'", query.split));
  }
  if (const DatasetConfig* config = decide(configs, query).config) choice.reading = config->reading;
  return choice;
}

}  // namespace e2lm
