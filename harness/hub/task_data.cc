#include "harness/hub/task_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "base/error.h"
#include "base/progress.h"
#include "harness/http/url.h"
#include "harness/hub/cache.h"
#include "harness/hub/place.h"

namespace e2lm {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kPageRows = 100;  // the most the interface gives

std::string text_of(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string()
             ? object[key].get<std::string>()
             : "";
}

const Json& list_of(const Json& object, const char* key, const std::string& where) {
  if (object.is_object() && object.contains(key) && object[key].is_array()) return object[key];
  throw Error(where, fmt::format("the hub's answer has no list '{}'", key));
}

// What an earlier try left of this revision: whole lines only. Other revisions' are removed.
struct Begun {
  Path file;
  int64_t rows = 0;
};
Begun begun(const WantedSplit& wanted) {
  const Path folder = wanted.file.parent_path();
  const std::string start = fmt::format(".{}.", wanted.split);
  for (const Path& path : list_folder(folder)) {
    const std::string name = path.filename();
    if (!name.starts_with(start) || !name.ends_with(".incomplete")) continue;
    const std::string text = read_file(path);
    std::error_code failed;
    fs::resize_file(path, text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1, failed);
    if (failed) throw Error(path.string(), "cannot be written: " + failed.message());
    return {path, std::count(text.begin(), text.end(), '\n')};
  }
  return {};
}

Path incomplete_file(const WantedSplit& wanted, const std::string& revision) {
  return wanted.file.parent_path() / fmt::format(".{}.{}.incomplete", wanted.split, revision);
}

void append(const Path& file, const std::string& lines) {
  std::ofstream out(file, std::ios::binary | std::ios::app);
  out << lines;
  out.close();
  if (!out) throw Error(file.string(), "cannot be written");
}

}  // namespace

std::string WantedSplit::name() const {
  return fmt::format("the split '{}' of {}{}", split, dataset,
                     config.empty() ? "" : fmt::format(" ({})", config));
}

std::vector<WantedSplit> missing_splits(const std::vector<Task>& tasks) {
  std::vector<WantedSplit> wanted;
  std::set<Path> seen;
  for (const Task& task : tasks) {
    if (task.frozen || task.data.is_local() || !is_repo_name(task.data.path)) continue;
    std::string examples = task.few_shot.split;
    for (const std::string* split :
         {&task.training_split, &task.validation_split, &task.test_split}) {
      if (examples.empty() && !task.few_shot.samples) examples = *split;
    }
    for (const std::string& split : {task.evaluated_split(), examples}) {
      if (split.empty() || !is_inside_path(split) || task.data.has_split(split)) continue;
      const Path file = task.data.named_folder() / (split + ".jsonl");
      if (!seen.insert(file).second) continue;
      wanted.push_back({task.data.path, task.data.name, split, file});
    }
  }
  return wanted;
}

HttpResponse RowsFetcher::ask(const std::string& url, const WantedSplit& wanted) const {
  const HubSettings& settings = hub_.settings();
  if (settings.offline) throw Error("HF_HUB_OFFLINE", "is set: no task data can be fetched");
  try {
    return hub_.client().send({.url = url, .secrets = settings.rows_credentials()});
  } catch (const HttpError& failure) {
    throw hub_error(failure, wanted.name(), settings);
  }
}

std::string RowsFetcher::config_of(const WantedSplit& wanted) const {
  const std::string url = fmt::format("{}/splits?dataset={}", hub_.settings().rows_endpoint,
                                      escape_url(wanted.dataset));
  const Json answer = parse_json(ask(url, wanted).body, shown_url(url));
  std::set<std::string> configs, splits;
  for (const Json& entry : list_of(answer, "splits", wanted.name())) {
    const std::string config = text_of(entry, "config");
    configs.insert(config);
    if (config == wanted.config || wanted.config.empty()) splits.insert(text_of(entry, "split"));
  }
  std::string config = wanted.config;
  if (config.empty() && configs.size() == 1) config = *configs.begin();
  if (config.empty()) config = "default";
  if (!configs.contains(config)) {
    throw Error(wanted.name(), fmt::format("the data set has no configuration '{}'", config),
                fmt::format("dataset_name: {}", fmt::join(configs, ", ")));
  }
  if (!splits.contains(wanted.split)) {
    throw Error(wanted.name(), "there is no such split",
                fmt::format("one of: {}", fmt::join(splits, ", ")));
  }
  return config;
}

RowsFetcher::Page RowsFetcher::page(const WantedSplit& wanted, const std::string& config,
                                    int64_t offset) const {
  const std::string url = fmt::format(
      "{}/rows?dataset={}&config={}&split={}&offset={}&length={}", hub_.settings().rows_endpoint,
      escape_url(wanted.dataset), escape_url(config), escape_url(wanted.split), offset, kPageRows);
  const HttpResponse response = ask(url, wanted);
  const Json answer = parse_json(response.body, shown_url(url));
  Page page{.revision = response.header("x-revision")};
  if (!is_commit(page.revision)) page.revision = "unknown";
  for (const Json& entry : list_of(answer, "rows", wanted.name())) {
    const int64_t number = offset + page.rows++;
    const bool whole = entry.is_object() && entry.contains("row") && entry["row"].is_object() &&
                       entry.value("row_idx", Json()) == number;
    const Json cut = entry.is_object() ? entry.value("truncated_cells", Json()) : Json();
    if (!whole || (cut.is_array() && !cut.empty())) {
      throw Error(wanted.name(), fmt::format("the server cuts row {}", number),
                  "the data set's own files, as JSON lines in " + wanted.file.string());
    }
    page.lines += entry["row"].dump() + "\n";
  }
  const Json total = answer.value("num_rows_total", Json());
  if (!total.is_number_integer() || answer.value("partial", Json()) == true) {
    throw Error(wanted.name(), "the server has only a part of it",
                "the data set's own files, as JSON lines in " + wanted.file.string());
  }
  page.total = total.get<int64_t>();
  return page;
}

int64_t RowsFetcher::fetch(const WantedSplit& wanted) const {
  const Path folder = wanted.file.parent_path();
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) throw Error(folder.string(), "cannot make the folder: " + failed.message());
  const HubCache::Lock lock(folder / fmt::format(".{}.lock", wanted.split),
                            hub_.client().options().stop, {});
  if (fs::exists(wanted.file)) return 0;
  const std::string config = config_of(wanted);
  Begun part = begun(wanted);
  Page next = page(wanted, config, part.rows);
  if (part.rows > 0 && part.file != incomplete_file(wanted, next.revision)) {
    fs::remove(part.file, failed);
    part = {};
    next = page(wanted, config, 0);
  }
  part.file = incomplete_file(wanted, next.revision);
  const std::string revision = next.revision;
  Progress progress("rows", next.total, quiet_);
  progress.at(wanted.name());
  progress.advance(part.rows);
  for (;;) {
    append(part.file, next.lines);
    part.rows += next.rows;
    progress.advance(next.rows);
    if (part.rows >= next.total) break;
    if (next.rows == 0) throw Error(wanted.name(), "ends before its last row");
    next = page(wanted, config, part.rows);
    if (next.revision != revision) {
      throw Error(wanted.name(), "has changed meanwhile", "to be fetched again");
    }
  }
  fs::rename(part.file, wanted.file, failed);
  if (failed) throw Error(wanted.file.string(), "cannot be written: " + failed.message());
  return part.rows;
}

}  // namespace e2lm
