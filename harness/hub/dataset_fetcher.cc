#include "harness/hub/dataset_fetcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "harness/hub/unpack.h"
#include "tasks/dataset/dataset.h"

namespace e2lm {
namespace {

namespace fs = std::filesystem;

// Ways of reading that a configuration may ask for and that tasks do not have.
constexpr auto kOtherReading = std::to_array<const char*>(
    {"names",        "column_names",    "header",         "index_col",       "usecols",
     "skiprows",     "skipfooter",      "nrows",          "quotechar",       "quoting",
     "doublequote",  "escapechar",      "encoding",       "encoding_errors", "comment",
     "na_values",    "keep_default_na", "true_values",    "false_values",    "skipinitialspace",
     "thousands",    "decimal",         "lineterminator", "converters",      "parse_dates",
     "on_bad_lines", "features"});

std::string name_of(const HubListing& listing) {
  return fmt::format("{}@{}", listing.repo, listing.commit.substr(0, 12));
}

DatasetQuery query_of(const WantedSplit& wanted, const HubListing& listing) {
  DatasetQuery query{.where = name_of(listing),
                     .config = wanted.data.name,
                     .split = wanted.split,
                     .data_files = {},
                     .data_dir = wanted.kwarg("data_dir")};
  const Json data_files = wanted.data.kwargs.value("data_files", Json());
  if (!data_files.is_null()) {
    query.data_files = read_data_files(data_files, "dataset_kwargs of " + wanted.data.path);
  }
  return query;
}

// Data sets that are programs hold files too: downloads, tests, metadata.
void refuse_program(const HubListing& listing, const WantedSplit& wanted) {
  const std::string program = listing.repo.substr(listing.repo.rfind('/') + 1) + ".py";
  if (!listing.find(program)) return;
  throw Error(name_of(listing),
              fmt::format("is a Python program ({}), and such data sets cannot be read", program),
              fmt::format("its rows as JSON lines in {}; versions of Python's `datasets` before 4 "
                          "run such programs and write them (to_json)",
                          wanted.file().string()));
}

void require_format(const SplitChoice& choice, const HubListing& listing, const WantedSplit& wanted,
                    const Hub& hub) {
  const std::string& format = choice.format;
  if (format == "json" || format == "csv" || format == "tsv" || format == "zip") return;
  const std::string& first = choice.paths.front();
  const std::string more =
      choice.paths.size() == 1 ? "" : fmt::format(" and {} more", choice.paths.size() - 1);
  if (format != "parquet") {
    throw Error(name_of(listing), fmt::format("{} is {}: {}{}", wanted.name(), format, first, more),
                "JSON, JSON lines, CSV or TSV");
  }
  throw Error(name_of(listing),
              fmt::format("{} is Parquet, which is not read: {}{}", wanted.name(), first, more),
              fmt::format("it downloaded ({}) and turned into JSON lines by `python3 "
                          "tools/parquet_to_jsonl.py FILE..`, in {}",
                          hub.url(listing.repo, listing.commit, first), wanted.folder().string()));
}

// What a configuration says of reading must be what the task says: tasks read the files alone.
void require_reading(const SplitChoice& choice, const HubListing& listing,
                     const WantedSplit& wanted) {
  const auto text = [&](const char* key) {
    const Json value = choice.reading.value(key, Json());
    return value.is_string() ? value.get<std::string>() : std::string();
  };
  for (const char* key : {"field", "sep", "delimiter"}) {
    const bool usual = *key != 'f' && text(key) == (choice.format == "tsv" ? "\t" : ",");
    if (text(key).empty() || usual || text(key) == wanted.kwarg(key)) continue;
    throw Error(
        name_of(listing),
        fmt::format("its README.md has the files read with {} {}", key, Json(text(key)).dump()),
        fmt::format("dataset_kwargs: {{{}: {}}} in the task", key, Json(text(key)).dump()));
  }
  for (const char* key : kOtherReading) {
    if (choice.reading.value(key, Json()).is_null()) continue;
    throw Error(name_of(listing),
                fmt::format("its README.md has the files read with '{}', which tasks cannot", key),
                "the split as JSON lines in " + wanted.file().string());
  }
}

// The split's files on their way: a hidden folder beside their place, removed in any case.
class PartFolder {
 public:
  PartFolder(const WantedSplit& wanted, const std::string& commit)
      : path_(wanted.folder() / fmt::format(".{}.{}.part", wanted.split, commit)) {
    std::error_code failed;
    for (const Path& left : begun_files(wanted, ".part")) fs::remove_all(left, failed);
    fs::create_directories(path_ / "packed", failed);
    if (!failed) fs::create_directories(path_ / wanted.split, failed);
    if (failed) throw Error(path_.string(), "cannot make the folder: " + failed.message());
  }
  ~PartFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  PartFolder(const PartFolder&) = delete;
  PartFolder& operator=(const PartFolder&) = delete;

  const Path& path() const { return path_; }

 private:
  Path path_;
};

// Files of a split under the names that tasks read them by, and what they are in the data set.
struct PlacedFiles {
  DataFiles data;
  std::string extension;
  std::vector<std::string> origins;
};

std::string extension_of(const std::string& format, const std::vector<UnpackedFile>& files,
                         const std::string& field) {
  if (format != "json") return "." + format;
  const bool lines = std::all_of(files.begin(), files.end(), [](const UnpackedFile& file) {
    return file.name.find(".jsonl") != std::string::npos ||
           file.name.find(".ndjson") != std::string::npos;
  });
  return lines && field.empty() ? ".jsonl" : ".json";
}

PlacedFiles place(std::vector<UnpackedFile> files, std::string format, const WantedSplit& wanted,
                  const Path& folder, const std::string& where) {
  if (format == "zip") {
    std::vector<std::string> names;
    for (const UnpackedFile& file : files) names.push_back(file.name);
    format = format_of(names);
  }
  std::erase_if(files, [&](const UnpackedFile& file) { return !has_format(file.name, format); });
  if (files.empty() || (format != "json" && format != "csv" && format != "tsv")) {
    throw Error(where, "its archives hold no JSON, JSON lines, CSV or TSV");
  }
  PlacedFiles placed{.data = {.format = format == "json" ? "json" : "csv",
                              .files = {},
                              .field = wanted.kwarg("field"),
                              .separator = format == "tsv" ? '\t' : ','}};
  for (const char* key : {"sep", "delimiter"}) {
    if (const std::string given = wanted.kwarg(key); !given.empty()) {
      placed.data.separator = given.front();
    }
  }
  placed.extension = extension_of(format, files, placed.data.field);
  for (const UnpackedFile& file : files) {
    const char* packed = file.gzip ? ".gz" : "";
    const Path path =
        folder / fmt::format("{:05}{}{}", placed.origins.size(), placed.extension, packed);
    std::error_code failed;
    fs::rename(file.file, path, failed);
    if (failed) throw Error(path.string(), "cannot be written: " + failed.message());
    placed.data.files.push_back(path);
    placed.origins.push_back(file.name);
  }
  return placed;
}

// The number of rows. Damage is told by the data set's own names for the files.
int64_t count_rows(const PlacedFiles& placed, const std::string& where) {
  try {
    return Dataset::open(placed.data).rows();
  } catch (const Error& damage) {
    std::string text = damage.what();
    for (size_t i = 0; i < placed.origins.size(); ++i) {
      const std::string path = placed.data.files[i].string();
      const size_t at = text.find(path);
      if (at != std::string::npos) text.replace(at, path.size(), placed.origins[i]);
    }
    throw Error(where, text);
  }
}

Path move_into_place(const PlacedFiles& placed, const WantedSplit& wanted) {
  const bool single = placed.data.files.size() == 1;
  Path from = placed.data.files.front(), to = wanted.folder() / wanted.split;
  if (single) {
    to += placed.extension + (from.extension() == ".gz" ? ".gz" : "");
  } else {
    from = from.parent_path();
  }
  std::error_code failed;
  fs::rename(from, to, failed);
  if (failed) throw Error(to.string(), "cannot be written: " + failed.message());
  for (const Path& rows : begun_files(wanted, ".incomplete")) fs::remove(rows, failed);
  return to;
}

}  // namespace

std::string DatasetFetcher::read_small(const HubListing& listing, const HubFile& file) const {
  fetcher_.fetch_file({listing.repo, listing.commit, file}, [](int64_t) {}, {});
  return read_file(fetcher_.cache().snapshot(listing.repo, listing.commit) / file.path);
}

std::vector<DatasetConfig> DatasetFetcher::configs(const HubListing& listing) const {
  const std::string start = name_of(listing) + "/";
  if (const HubFile* own = listing.find(".huggingface.yaml")) {
    std::vector<DatasetConfig> found =
        read_yaml_configs(read_small(listing, *own), start + own->path);
    if (!found.empty()) return found;
  }
  const HubFile* readme = listing.find("README.md");
  if (!readme) return {};
  return read_configs(read_small(listing, *readme), start + readme->path);
}

std::vector<Path> DatasetFetcher::download(const HubListing& listing, const SplitChoice& choice) {
  std::vector<WantedFile> wanted;
  std::vector<Path> files;
  const Path snapshot = fetcher_.cache().snapshot(listing.repo, listing.commit);
  for (const std::string& path : choice.paths) {
    wanted.push_back({listing.repo, listing.commit, *listing.find(path)});
    files.push_back(snapshot / path);
  }
  const FetchSummary summary = fetcher_.fetch(wanted);
  if (!summary.failures.empty()) throw Error("", summary.failures.front());
  return files;
}

std::optional<FetchedSplit> DatasetFetcher::fetch(const WantedSplit& wanted) {
  const auto& stop = fetcher_.hub().client().options().stop;
  const SplitLock lock(wanted, stop);
  if (wanted.is_here()) return {};
  const std::string given = wanted.kwarg("revision");
  const std::string revision = given.empty() ? "main" : given;
  const HubListing& listing = fetcher_.hub().list(dataset_repo(wanted.data.path), revision);
  std::vector<std::string> paths;
  for (const HubFile& file : listing.files) paths.push_back(file.path);
  const std::vector<DatasetConfig> listed = configs(listing);
  if (listed.empty()) refuse_program(listing, wanted);
  const SplitChoice choice = choose_files(paths, listed, query_of(wanted, listing));
  require_format(choice, listing, wanted, fetcher_.hub());
  require_reading(choice, listing, wanted);
  const std::vector<Path> files = download(listing, choice);
  fetcher_.cache().write_ref(listing.repo, revision, listing.commit);

  const PartFolder part(wanted, listing.commit);
  std::vector<UnpackedFile> unpacked;
  for (size_t i = 0; i < files.size(); ++i) {
    const bool several = choice.format == "zip";
    for (UnpackedFile& file : unpack(files[i], part.path() / "packed", static_cast<int>(i), stop)) {
      file.name = several ? fmt::format("{}: {}", choice.paths[i], file.name) : choice.paths[i];
      unpacked.push_back(std::move(file));
    }
  }
  const std::string where = name_of(listing);
  const PlacedFiles placed =
      place(std::move(unpacked), choice.format, wanted, part.path() / wanted.split, where);
  const int64_t rows = count_rows(placed, where);
  return FetchedSplit{move_into_place(placed, wanted), rows};
}

}  // namespace e2lm
