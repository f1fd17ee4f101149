#include "harness/sweep/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "base/error.h"
#include "engine/checkpoint.h"
#include "engine/tokenizer/tokenizer.h"
#include "harness/sweep/evaluate.h"
#include "harness/sweep/series_tokenizer.h"

namespace e2lm {
namespace {

using Clock = std::chrono::steady_clock;

// Of every file of a folder: trainers write optimizer and tokenizer beside the weights. Empty if
// the folder is not there; a file that vanishes meanwhile is not there either.
std::map<Path, FileStamp> file_stamps(const Path& folder) {
  std::map<Path, FileStamp> stamps;
  std::error_code code, ignored;
  for (std::filesystem::directory_iterator entry(folder, code), end; !code && entry != end;
       entry.increment(code)) {
    if (!entry->is_regular_file(ignored)) continue;
    if (const auto stamp = file_stamp(entry->path())) stamps.emplace(entry->path(), *stamp);
  }
  return stamps;
}

// Why the folder is no checkpoint; empty if it is one.
std::string why_not_whole(const Path& folder) {
  try {
    Checkpoint::open(folder);
    return {};
  } catch (const Error& error) {  // a state of the folder here, and not an error
    return error.what();
  }
}

// Why the series cannot be tokenized yet; empty if it can.
std::string why_no_tokenizer(const Series& series) {
  const Path path = tokenizer_path(series);
  if (path.empty()) return no_tokenizer(series).what();
  try {
    Tokenizer::read(path);
    return {};
  } catch (const Error& error) {  // a state of the file here, and not an error
    return error.what();
  }
}

bool is_known(const Store& store, const Path& folder) {
  try {
    return is_seen(folder / "config.json") && !hashed_sha256(store, folder).empty();
  } catch (const StoreError&) {
    throw;
  } catch (const Error&) {  // a file vanished while it was looked at
    return false;
  }
}

// Sleeps in pieces, so that an interrupt is seen.
void wait(std::chrono::milliseconds time, const std::function<bool()>& stop) {
  constexpr std::chrono::milliseconds kPiece{100};
  const auto end = Clock::now() + time;
  while (Clock::now() < end) {
    if (stop && stop()) throw Interrupted();
    std::this_thread::sleep_for(std::min<Clock::duration>(kPiece, end - Clock::now()));
  }
}

bool has_come_to(const Manifest& manifest, const CheckpointWatch::Look& look,
                 const WatchOptions& options) {
  const auto& written = look.being_written;
  if (!written.empty() && *written.begin() <= *options.until_step) return false;
  const Manifest& settled = look.settled;
  int64_t counted = 0;
  for (const Series& series : manifest.series) {
    if (options.grows && !series.scan) continue;
    ++counted;
    const auto there = std::find_if(settled.series.begin(), settled.series.end(),
                                    [&](const Series& one) { return one.name == series.name; });
    if (there == settled.series.end()) return false;
    if (there->checkpoints.back().step < *options.until_step) return false;
  }
  return counted > 0;
}

bool scans(const Manifest& manifest) {
  return std::any_of(manifest.series.begin(), manifest.series.end(),
                     [](const Series& series) { return series.scan.has_value(); });
}

}  // namespace

void CheckpointWatch::remember(const Plan& plan) {
  for (const Plan::SeriesRow& series : plan.series) {
    for (const Plan::CheckpointRow& row : series.checkpoints) {
      if (row.weights) settled_[series.name][row.ref.step] = row.ref;
    }
  }
}

CheckpointWatch::Look CheckpointWatch::look(const Manifest& manifest) {
  Look look{.settled = manifest};
  for (Series& series : look.settled.series) {
    std::vector<CheckpointRef> found;
    for (CheckpointRef& ref : series.checkpoints) {
      const State state = look_at(series, ref, look);
      // While it is gone or written anew its old results stand; and one that was settled before is
      // known without opening it.
      ref.as_known = !look.news.contains(ref.folder);
      const bool has_results = settled_[series.name].contains(ref.step);
      if (state == State::settled || (state != State::broken && has_results)) {
        found.push_back(ref);
      } else {
        ++look.missing;
        if (state == State::changing) look.being_written.insert(ref.step);
      }
    }
    series.checkpoints = std::move(found);
    if (series.scan) add_gone(manifest, series);
  }
  std::erase_if(look.settled.series,
                [](const Series& series) { return series.checkpoints.empty(); });
  return look;
}

CheckpointWatch::State CheckpointWatch::look_at(const Series& series, const CheckpointRef& ref,
                                                Look& look) {
  auto files = file_stamps(ref.folder);
  Seen& seen = seen_[ref.folder];
  const bool same = files == seen.files;
  if (!same) seen = {.files = std::move(files)};
  if (seen.files.empty()) return State::absent;
  if (seen.settled) return State::settled;
  if (!same && !is_known(store_, ref.folder)) return State::changing;
  seen.error = why_not_whole(ref.folder);
  // Trainers write it after the weights. A series that has had one goes on with that.
  if (seen.error.empty() && settled_[series.name].empty()) seen.error = why_no_tokenizer(series);
  if (!seen.error.empty()) {
    if (!same) return State::changing;  // perhaps being deleted
    look.broken[ref.folder] = seen.error;
    return State::broken;
  }
  seen.settled = true;
  look.news.insert(ref.folder);
  settled_[ref.series][ref.step] = ref;
  return State::settled;
}

void CheckpointWatch::add_gone(const Manifest& manifest, Series& series) const {
  const auto before = settled_.find(series.name);
  if (before == settled_.end()) return;
  for (const auto& [step, ref] : before->second) {
    const bool listed =
        std::any_of(series.checkpoints.begin(), series.checkpoints.end(),
                    [&, step = step](const CheckpointRef& one) { return one.step == step; });
    const Path place = manifest.path.parent_path() / series.scan->fill(step);
    if (!listed && ref.folder == place && !is_seen(place)) {
      CheckpointRef& gone = series.checkpoints.emplace_back(ref);
      if (series.tokens_at) gone.tokens = series.tokens_at(step).value_or(ref.tokens);
    }
  }
  std::sort(series.checkpoints.begin(), series.checkpoints.end(),
            [](const CheckpointRef& a, const CheckpointRef& b) { return a.step < b.step; });
}

std::map<Path, std::string> watch(CheckpointWatch& checkpoints, const WatchOptions& options,
                                  const WatchHooks& hooks) {
  Manifest manifest = hooks.read();
  std::map<Path, std::string> broken, said;
  std::string last_error;
  auto last_news = Clock::now();
  for (bool first = true;; first = false) {
    if (!first) {
      wait(options.interval, options.stop);
      try {
        manifest = hooks.read();
        last_error.clear();
      } catch (const Error& error) {  // it may be half written, or a table behind the training
        if (last_error != error.what()) hooks.say(last_error = error.what());
      }
    }
    const CheckpointWatch::Look look = checkpoints.look(manifest);
    for (const auto& [folder, why] : look.broken) {
      if (std::exchange(said[folder], why) != why) hooks.say("Not whole yet: " + why);
    }
    broken = look.broken;
    if (!look.news.empty()) hooks.sweep(look);
    const bool still = look.news.empty() && look.being_written.empty();
    if (!still) last_news = Clock::now();
    if (options.until_step && has_come_to(manifest, look, options)) break;
    if (!options.grows && !scans(manifest) && look.missing == 0) break;
    if (options.idle && still && Clock::now() - last_news >= *options.idle) break;
  }
  if (!last_error.empty()) broken.emplace(manifest.path, last_error);
  return broken;
}

}  // namespace e2lm
