#include "harness/hub/rows_fetcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <vector>

#include "base/progress.h"
#include "harness/http/url.h"
#include "harness/hub/cache.h"

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
  throw NoRows(where, fmt::format("the rows server's answer has no list '{}'", key));
}

// A refusal that stays: most failures of the server's own work on a data set are 500, kept, and
// named by a word; only these pass.
bool is_final(const HttpError& failure) {
  static constexpr std::array<std::string_view, 3> kPassing = {
      "ResponseNotReady", "UnexpectedApiError", "AuthCheckHubRequestError"};
  const std::string code = failure.response.header("x-error-code");
  return failure.kind == HttpError::Kind::status && !code.empty() &&
         failure.response.status >= 500 &&
         std::find(kPassing.begin(), kPassing.end(), code) == kPassing.end();
}

// What an earlier try left of this revision: whole lines only. Other revisions' are removed.
struct Begun {
  Path file;
  int64_t rows = 0;
};
Begun begun(const WantedSplit& wanted) {
  for (const Path& path : begun_files(wanted, ".incomplete")) {
    Begun part{path};
    std::ifstream in(path, std::ios::binary);
    std::vector<char> piece(1 << 16);
    int64_t bytes = 0, whole = 0;
    while (in.read(piece.data(), std::ssize(piece)) || in.gcount() > 0) {
      for (int64_t i = 0; i < in.gcount(); ++i) {
        ++bytes;
        if (piece[i] != '\n') continue;
        ++part.rows;
        whole = bytes;
      }
    }
    std::error_code failed;
    fs::resize_file(path, whole, failed);
    if (failed) throw Error(path.string(), "cannot be written: " + failed.message());
    return part;
  }
  return {};
}

Path incomplete_file(const WantedSplit& wanted, const std::string& revision) {
  return wanted.folder() / fmt::format(".{}.{}.incomplete", wanted.split, revision);
}

void append(const Path& file, const std::string& lines) {
  std::ofstream out(file, std::ios::binary | std::ios::app);
  out << lines;
  out.close();
  if (!out) throw Error(file.string(), "cannot be written");
}

}  // namespace

HttpResponse RowsFetcher::ask(const std::string& url, const WantedSplit& wanted) {
  const HubSettings& settings = hub_.settings();
  if (settings.offline) throw Error("HF_HUB_OFFLINE", "is set: no task data can be fetched");
  if (unreachable()) throw NoRows(*unreachable_);
  const HttpOptions& options = hub_.client().options();
  Backoff backoff(options.retry, options.stop);
  for (;;) {
    try {
      try {
        return hub_.client().send_once({.url = url, .secrets = settings.rows_credentials()});
      } catch (const HttpError& failure) {
        if (is_final(failure)) throw;
        backoff.wait_after(failure);
      }
    } catch (const HttpError& failure) {
      if (failure.kind == HttpError::Kind::unreachable) {
        unreachable_ = NoRows(Error(failure.what(), "the rows server cannot be reached"));
        unreachable_until_ = Clock::now() + Hub::kFailuresHold;
        throw NoRows(*unreachable_);
      }
      // Where the server gives a word it gives a sentence too.
      if (!failure.response.header("x-error-code").empty()) {
        throw NoRows(wanted.name(), failure.what());
      }
      throw NoRows(hub_error(failure, wanted.name(), settings));
    }
  }
}

Json RowsFetcher::ask_json(const std::string& url, const WantedSplit& wanted,
                           std::string* revision) {
  const HttpResponse response = ask(url, wanted);
  if (revision) *revision = response.header("x-revision");
  try {
    return parse_json(response.body, shown_url(url));
  } catch (const Error& damage) {
    throw NoRows(damage);
  }
}

std::string RowsFetcher::config_of(const WantedSplit& wanted) {
  const std::string& asked = wanted.data.name;
  const Json answer = ask_json(fmt::format("{}/splits?dataset={}", hub_.settings().rows_endpoint,
                                           escape_url(wanted.data.path)),
                               wanted, nullptr);
  std::set<std::string> configs, splits;
  for (const Json& entry : list_of(answer, "splits", wanted.name())) {
    const std::string config = text_of(entry, "config");
    configs.insert(config);
    if (config == asked || asked.empty()) splits.insert(text_of(entry, "split"));
  }
  std::string config = asked;
  if (config.empty() && configs.size() == 1) config = *configs.begin();
  if (config.empty()) config = "default";
  if (configs.contains(config) && splits.contains(wanted.split)) return config;
  for (const char* key : {"pending", "failed"}) {
    if (!answer.contains(key) || !answer[key].is_array() || answer[key].empty()) continue;
    throw NoRows(wanted.name(), "the server does not know all splits of the data set");
  }
  if (!configs.contains(config)) {
    throw Error(wanted.name(), fmt::format("the data set has no configuration '{}'", config),
                fmt::format("dataset_name: {}", fmt::join(configs, ", ")));
  }
  throw Error(wanted.name(), "there is no such split",
              fmt::format("one of: {}", fmt::join(splits, ", ")));
}

RowsFetcher::Page RowsFetcher::page(const WantedSplit& wanted, const std::string& config,
                                    int64_t offset) {
  Page page;
  const Json answer =
      ask_json(fmt::format("{}/rows?dataset={}&config={}&split={}&offset={}&length={}",
                           hub_.settings().rows_endpoint, escape_url(wanted.data.path),
                           escape_url(config), escape_url(wanted.split), offset, kPageRows),
               wanted, &page.revision);
  if (!is_commit(page.revision)) page.revision = "unknown";
  for (const Json& entry : list_of(answer, "rows", wanted.name())) {
    const int64_t number = offset + page.rows++;
    const bool whole = entry.is_object() && entry.contains("row") && entry["row"].is_object() &&
                       entry.value("row_idx", Json()) == number;
    const Json cut = entry.is_object() ? entry.value("truncated_cells", Json()) : Json();
    if (!whole || (cut.is_array() && !cut.empty())) {
      throw NoRows(wanted.name(), fmt::format("the server cuts row {}", number));
    }
    page.lines += entry["row"].dump() + "\n";
  }
  const Json total = answer.value("num_rows_total", Json());
  if (!total.is_number_integer() || answer.value("partial", Json()) == true) {
    throw NoRows(wanted.name(), "the server has only a part of it");
  }
  page.total = total.get<int64_t>();
  return page;
}

std::optional<FetchedSplit> RowsFetcher::fetch(const WantedSplit& wanted) {
  const SplitLock lock(wanted, hub_.client().options().stop);
  if (wanted.is_here()) return {};
  const std::string config = config_of(wanted);
  Begun part = begun(wanted);
  Page next = page(wanted, config, part.rows);
  std::error_code failed;
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
    if (next.rows == 0) throw NoRows(wanted.name(), "ends before its last row");
    next = page(wanted, config, part.rows);
    if (next.revision != revision) {
      throw Error(wanted.name(), "has changed meanwhile", "to be fetched again");
    }
  }
  fs::rename(part.file, wanted.file(), failed);
  if (failed) throw Error(wanted.file().string(), "cannot be written: " + failed.message());
  return FetchedSplit{wanted.file(), part.rows};
}

}  // namespace e2lm
