#include "tasks/data_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "tasks/dataset/json_lines.h"

namespace e2lm {
namespace {

// What files of one's own may be given, as Hugging Face's load_dataset takes them.
constexpr std::array<std::string_view, 8> kKnownKwargs = {
    "data_files", "data_dir",          "field",         "sep",
    "delimiter",  "trust_remote_code", "download_mode", "revision"};

std::vector<std::string> texts_of(const Json& value) {
  std::vector<std::string> texts;
  if (value.is_string()) texts.push_back(value.get<std::string>());
  if (value.is_array()) {
    for (const Json& item : value) {
      if (item.is_string()) texts.push_back(item.get<std::string>());
    }
  }
  return texts;
}

}  // namespace

DataSource DataSource::read(YamlMap& keys, const Path& task_folder, Problems& problems) {
  DataSource source{.kwargs = Json::object(), .task_folder = task_folder};
  source.path = keys.text("dataset_path").value_or("");
  if (source.path.empty()) keys.require("dataset_path");
  source.name = keys.text("dataset_name").value_or("");
  const Yaml* kwargs = keys.find("dataset_kwargs");
  if (kwargs && kwargs->kind == Yaml::Kind::map) source.kwargs = kwargs->json();
  if (kwargs && kwargs->kind != Yaml::Kind::map) {
    problems.add(*kwargs, "'dataset_kwargs' must be a mapping");
  }
  if (!source.is_local()) return source;
  const bool has_files = source.kwargs.contains("data_files") || source.kwargs.contains("data_dir");
  if (!has_files) {
    problems.add(kwargs ? kwargs->line : keys.line(),
                 fmt::format("'dataset_path: {}' needs 'dataset_kwargs.data_files' or 'data_dir'",
                             source.path));
  }
  for (const auto& [key, value] : source.kwargs.items()) {
    if (std::find(kKnownKwargs.begin(), kKnownKwargs.end(), key) != kKnownKwargs.end()) continue;
    problems.add(*kwargs, fmt::format("'dataset_kwargs.{}' is not supported", key));
  }
  return source;
}

bool DataSource::Split::has_column(std::string_view column) const {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

DataSource::Split DataSource::read_split(const std::string& split, int64_t limit) const {
  std::vector<Path> files;
  if (is_local()) {
    const auto by_split = local_files();
    const auto found = by_split.find(split);
    if (found == by_split.end()) {
      std::vector<std::string> known;
      for (const auto& [other, paths] : by_split) known.push_back(other);
      throw Error(task_folder.string(), fmt::format("the task's data have no split '{}'", split),
                  fmt::format("one of: {}", fmt::join(known, ", ")));
    }
    files = found->second;
  } else {
    files = named_files(split);
  }
  Split result;
  for (const Path& file : files) {
    Documents more = read_json_lines(file);
    std::move(more.begin(), more.end(), std::back_inserter(result.documents));
  }
  if (std::ssize(result.documents) > limit) result.documents.resize(limit);
  if (!result.documents.empty()) {
    for (const auto& [key, value] : result.documents.front().columns.items()) {
      result.columns.push_back(key);
    }
  }
  return result;
}

// data_files is a path, a list of paths (both the split `train`), or either by split.
std::map<std::string, std::vector<Path>> DataSource::local_files() const {
  std::map<std::string, std::vector<Path>> files;
  const auto add = [&](const std::string& split, const Json& value) {
    for (const std::string& text : texts_of(value)) files[split].push_back(locate(text));
  };
  const Json data_files = kwargs.value("data_files", Json());
  if (data_files.is_object()) {
    for (const auto& [split, value] : data_files.items()) add(split, value);
  } else {
    add("train", data_files);
  }
  return files;
}

// Relative paths count from data_dir if there is one, and from the current folder, as in the
// original; failing that, from the task file's own.
Path DataSource::locate(const Path& file) const {
  const Path inside = Path(kwargs.value("data_dir", "")) / file;
  const Path beside = task_folder / inside;
  return std::filesystem::exists(inside) || !std::filesystem::exists(beside) ? inside : beside;
}

std::vector<Path> DataSource::named_files(const std::string& split) const {
  const char* root = std::getenv("E2LM_DATA");
  const Path folder = Path(root ? root : "data") / path / name;
  std::vector<Path> files;
  for (const Path& file : list_folder(folder)) {
    const std::string base = file.filename().string();
    const bool mine = base.starts_with(split + ".") || base.starts_with(split + "-");
    if (mine) files.push_back(file);
  }
  if (!files.empty()) return files;
  throw Error(
      (folder / (split + ".jsonl")).string(),
      fmt::format("is not there: get the split '{}' of huggingface.co/datasets/{}{} and put "
                  "it there as JSON lines, CSV or TSV",
                  split, path, name.empty() ? "" : fmt::format(" ({})", name)));
}

}  // namespace e2lm
