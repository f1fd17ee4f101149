#include "tasks/data_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "tasks/dataset/dataset.h"

namespace e2lm {
namespace {

// What files of one's own may be given, as Hugging Face's load_dataset takes them.
constexpr std::array<std::string_view, 8> kKnownKwargs = {
    "data_files", "data_dir",          "field",         "sep",
    "delimiter",  "trust_remote_code", "download_mode", "revision"};

constexpr const char* kParquet = ".parquet";
const std::vector<std::string> kTables = {".json", ".jsonl", ".csv", ".tsv"};

// Whether a file of a named data set can be read; what begins with a point is no data.
bool is_table(const Path& file) {
  if (file.filename().string().starts_with('.')) return false;
  const Path unpacked = file.extension() == ".gz" ? file.stem() : file;
  return std::find(kTables.begin(), kTables.end(), unpacked.extension().string()) != kTables.end();
}

// The tables right in a folder whose names are wanted, in the order of names.
std::vector<Path> tables_in(const Path& folder,
                            const std::function<bool(const std::string& name)>& wanted) {
  std::vector<Path> files;
  for (const Path& file : list_folder(folder)) {
    if (is_table(file) && wanted(file.filename().string())) files.push_back(file);
  }
  return files;
}

// Whether there are tables anywhere below a folder, hidden folders apart.
bool has_tables(const Path& folder) {
  std::error_code failed;
  auto at = std::filesystem::recursive_directory_iterator(folder, failed);
  for (; !failed && at != std::filesystem::recursive_directory_iterator(); at.increment(failed)) {
    const std::string entry = at->path().filename().string();
    const bool hidden = entry.starts_with('.') || (entry.starts_with("__") && at->is_directory());
    if (hidden) at.disable_recursion_pending();
    if (!hidden && is_table(at->path())) return true;
  }
  return false;
}

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
  for (const char* key : {"data_dir", "field", "sep", "delimiter"}) {
    if (!source.kwargs.contains(key) || source.kwargs[key].is_string()) continue;
    problems.add(*kwargs, fmt::format("'dataset_kwargs.{}' must be text", key));
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
  const std::vector<SplitFiles> splits = is_local() ? local_files() : named_files(split);
  const auto found = std::find_if(splits.begin(), splits.end(),
                                  [&](const SplitFiles& files) { return files.split == split; });
  if (found == splits.end()) {
    std::vector<std::string> known;
    for (const SplitFiles& files : splits) known.push_back(files.split);
    throw Error(task_folder.string(), fmt::format("the task's data have no split '{}'", split),
                fmt::format("one of: {}", fmt::join(known, ", ")));
  }
  std::optional<Dataset> first;
  if (found != splits.begin()) first = Dataset::open(files_of(splits.front()));
  const Dataset dataset = Dataset::open(files_of(*found), first ? &*first : nullptr);
  return {dataset.columns(), dataset.read(limit), dataset.rows(), dataset.nested_timestamps()};
}

// data_files is a path, a list of paths (both the split `train`), or either by split.
std::vector<SplitFiles> DataSource::local_files() const {
  const auto located = [this](const Json& value) {
    std::vector<Path> files;
    for (const std::string& text : texts_of(value)) files.push_back(locate(text));
    return files;
  };
  const Json data_files = kwargs.value("data_files", Json());
  if (data_files.is_null()) {
    return find_data_files(locate(""), path == "csv" ? std::vector<std::string>{".csv", ".tsv"}
                                                     : std::vector<std::string>{".json", ".jsonl"});
  }
  if (!data_files.is_object()) return {{"train", located(data_files)}};
  std::vector<SplitFiles> splits;
  for (const auto& [split, value] : data_files.items()) splits.push_back({split, located(value)});
  return splits;
}

// Relative paths count from data_dir if there is one, and from the current folder, as in the
// original; failing that, from the task file's own.
Path DataSource::locate(const Path& file) const {
  const Path inside = Path(kwargs.value("data_dir", "")) / file;
  const Path beside = task_folder / inside;
  return std::filesystem::exists(inside) || !std::filesystem::exists(beside) ? inside : beside;
}

Path DataSource::named_folder() const {
  const char* root = std::getenv("E2LM_DATA");
  return Path(root ? root : "data") / path / name;
}

bool DataSource::is_elsewhere() const {
  if (!is_local()) return !std::filesystem::is_directory(named_folder());
  const Json files = kwargs.value("data_files", Json());
  std::vector<std::string> names = texts_of(files);
  if (files.is_object()) {
    for (const Json& value : files) {
      for (std::string& file : texts_of(value)) names.push_back(std::move(file));
    }
  }
  return std::any_of(names.begin(), names.end(),
                     [](const std::string& file) { return file.find("://") != std::string::npos; });
}

std::vector<SplitFiles> DataSource::find_named(const std::string& split) const {
  const Path folder = named_folder();
  if (!std::filesystem::is_directory(folder)) return {};
  const SplitFiles named{split, tables_in(folder, [&](const std::string& file) {
                           return file.starts_with(split + ".") || file.starts_with(split + "-");
                         })};
  if (!named.files.empty()) return {named};
  if (!has_tables(folder)) return {};
  std::vector<SplitFiles> found = find_data_files(folder, kTables);
  const bool there = std::any_of(found.begin(), found.end(),
                                 [&](const SplitFiles& files) { return files.split == split; });
  if (there) return found;
  if (split.empty() || !std::filesystem::is_directory(folder / split)) return {};
  SplitFiles inside{split, tables_in(folder / split, [](const std::string&) { return true; })};
  return inside.files.empty() ? std::vector<SplitFiles>() : std::vector<SplitFiles>{inside};
}

std::vector<SplitFiles> DataSource::named_files(const std::string& split) const {
  std::vector<SplitFiles> found = find_named(split);
  if (!found.empty()) return found;
  const Path folder = named_folder();
  if (std::filesystem::is_directory(folder)) {
    for (const Path& file : list_folder(folder)) {
      if (file.extension() != kParquet) continue;
      throw Error(file.string(), "is Parquet, which is not read",
                  fmt::format("`python3 tools/parquet_to_jsonl.py {}` before", file.string()));
    }
  }
  throw Error(
      (folder / (split + ".jsonl")).string(),
      fmt::format("is not there: get the split '{}' of huggingface.co/datasets/{}{} by `e2lm fetch "
                  "--tasks NAME`, or put it there as JSON lines, CSV or TSV",
                  split, path, name.empty() ? "" : fmt::format(" ({})", name)));
}

// A named data set's files say by their names what they are. JSON lines are rows: there is no field
// around them.
DataFiles DataSource::files_of(const SplitFiles& split) const {
  DataFiles files{.format = path, .files = split.files, .field = kwargs.value("field", "")};
  if (!is_local()) {
    Path first = split.files.front();
    if (first.extension() == ".gz") first = first.stem();
    const bool tsv = first.extension() == ".tsv";
    files.format = tsv || first.extension() == ".csv" ? "csv" : "json";
    if (tsv) files.separator = '\t';
    if (first.extension() == ".jsonl") files.field.clear();
  }
  for (const char* key : {"sep", "delimiter"}) {
    const std::string separator = kwargs.value(key, "");
    if (!separator.empty()) files.separator = separator[0];
  }
  return files;
}

}  // namespace e2lm
