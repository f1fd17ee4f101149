#include <fmt/format.h>

#include <functional>
#include <set>
#include <span>

#include "base/error.h"
#include "base/text.h"
#include "base/yaml.h"
#include "engine/checkpoint.h"
#include "engine/engine.h"
#include "engine/tokenizer/tokenizer.h"
#include "harness/commands/all.h"
#include "harness/commands/shared.h"
#include "harness/manifest/manifest.h"
#include "harness/results/results.h"
#include "harness/sweep/items.h"
#include "harness/sweep/series_tokenizer.h"
#include "tasks/dialect/task_file.h"
#include "tasks/requests.h"

namespace e2lm {
namespace {

constexpr int kWrong = 2;

std::string check_checkpoint(const Path& folder) {
  const Checkpoint checkpoint = Checkpoint::open(folder);
  const auto engine = Engine::open(checkpoint, {});
  return fmt::format("checkpoint: {}, {} parameters, {} tensors of {}, vocabulary {}, {} positions",
                     checkpoint.config().value("model_type", ""),
                     with_commas(checkpoint.parameters()), checkpoint.tensors().size(),
                     dtype_name(checkpoint.stored_dtype()), engine->vocabulary(),
                     engine->max_positions());
}

std::string check_tokenizer(const Path& path) {
  const Tokenizer tokenizer = Tokenizer::read(path);
  return fmt::format("tokenizer: {} ids", tokenizer.size());
}

std::string check_task(const Task& task, const Arguments& arguments) {
  metrics_of(task);
  if (!task.frozen && task.data.is_elsewhere()) {
    return fmt::format("task {}: its data, {}, are not here", task.name, task.data.path);
  }
  const TaskRequests requests = make_requests(task, request_options(arguments));
  return fmt::format("task {}: {} documents, {} requests", task.name, requests.items.size(),
                     requests.requests.size());
}

// A group as `run` takes it, with all that is in it.
std::string check_group(const Path& path, const Arguments& arguments) {
  const std::vector<std::string> words = {path.string()};
  const TaskSelection selection = open_library(arguments).select(words);
  std::vector<std::string> parts;
  for (const Task& task : selection.tasks) parts.push_back(check_task(task, arguments));
  return fmt::format("group {} of {} tasks: {}", selection.top.front(), parts.size(),
                     fmt::join(parts, "; "));
}

// What a sweep of a manifest would meet: one thing wrong does not hide the next.
class ManifestCheck {
 public:
  explicit ManifestCheck(const Path& path)
      : manifest_(Manifest::read(path)), problems_(path.string()) {}

  std::string run(const TaskLibrary& library) {
    for (const std::string& word : manifest_.tasks) {
      note([&] { check_tasks(library, std::span(&word, 1)); });
    }
    for (const Series& series : manifest_.series) {
      note([&] { check_checkpoints(series); });
      note([&] { check_tokenizer_of(series); });
    }
    problems_.raise();
    const size_t tasks = check_tasks(library, manifest_.tasks);  // two files may give one name
    return fmt::format("manifest: {} series, {} checkpoints{}, {} tasks", manifest_.series.size(),
                       checkpoints_, on_hub_ > 0 ? fmt::format(" ({} on the hub)", on_hub_) : "",
                       tasks);
  }

 private:
  void note(const std::function<void()>& check) {
    try {
      check();
    } catch (const Error& error) {  // one problem of several
      problems_.add(error);
    }
  }

  static size_t check_tasks(const TaskLibrary& library, std::span<const std::string> words) {
    const std::vector<Task> tasks = library.select(words).tasks;
    for (const Task& task : tasks) metrics_of(task);
    return tasks.size();
  }

  void check_checkpoints(const Series& series) {
    std::vector<const CheckpointRef*> missing;
    for (const CheckpointRef& ref : series.checkpoints) {
      ++checkpoints_;
      if (ref.hub) {
        ++on_hub_;
      } else if (!std::filesystem::is_directory(ref.folder)) {
        missing.push_back(&ref);
      }
    }
    if (missing.empty()) return;
    const std::string more =
        missing.size() > 1 ? fmt::format(", and {} more of the series", missing.size() - 1) : "";
    throw Error(missing.front()->folder.string(), "no such folder" + more,
                fmt::format("step {} of series {}", missing.front()->step, series.name));
  }

  // That of a series on the hub comes with its checkpoints.
  void check_tokenizer_of(const Series& series) {
    const Path path = tokenizer_path(series);
    if (path.empty() && !series.checkpoints.front().hub) throw no_tokenizer(series);
    if (!path.empty() && tokenizers_.insert(path).second) check_tokenizer(path);
  }

  Manifest manifest_;
  Problems problems_;
  int64_t checkpoints_ = 0, on_hub_ = 0;
  std::set<Path> tokenizers_;
};

std::string check_store(const Path& path) {
  return fmt::format("store: {} cells", load_report(Store::open_existing(path)).cells.size());
}

std::string check(const Path& path, const Arguments& arguments) {
  if (!std::filesystem::exists(path)) throw Error(path.string(), "no such file or folder");
  if (std::filesystem::exists(path / "config.json")) return check_checkpoint(path);
  if (std::filesystem::exists(path / "store.sqlite")) return check_store(path / "store.sqlite");
  if (std::filesystem::exists(path / "tokenizer.json")) return check_tokenizer(path);
  if (std::filesystem::is_directory(path)) {
    throw Error(path.string(), "is a folder without config.json, tokenizer.json and store.sqlite",
                "a checkpoint, a tokenizer or a run, or the files in it");
  }
  const std::string extension = path.extension().string();
  if (extension == ".json") return check_tokenizer(path);
  if (extension == ".safetensors") {
    return fmt::format("safetensors: {} tensors", SafetensorsFile::open(path).tensors().size());
  }
  if (extension == ".sqlite") return check_store(path);
  if (read_yaml(path, DuplicateKeys::last_wins).find("series")) {
    return ManifestCheck(path).run(open_library(arguments));
  }
  if (read_task_file(path).find("group")) return check_group(path, arguments);
  return check_task(Task::read(path), arguments);
}

// One line, whatever the message: several problems are parted by semicolons.
std::string in_one_line(const std::string& message) {
  return fmt::format("{}", fmt::join(split(message, '\n'), "; "));
}

// All files are looked at, as a sweep looks at all cells: one that is wrong does not hide the rest.
int check_all(const Arguments& arguments) {
  bool wrong = false;
  for (const Path path : arguments.positional()) {
    try {
      print_text(fmt::format("{}: right ({})\n", path.string(), check(path, arguments)));
    } catch (const Error& error) {
      print_text(fmt::format("{}: wrong ({})\n", path.string(), in_one_line(error.what())));
      wrong = true;
    }
  }
  return wrong ? kWrong : 0;
}

int run(const Arguments& arguments) {
  if (arguments.positional().size() > 1) return check_all(arguments);
  const Path path = arguments.positional().front();
  print_text(fmt::format("{}: right ({})\n", path.string(), check(path, arguments)));
  return 0;
}

}  // namespace

Command validate_command() {
  return {.name = "validate",
          .arguments = "FILE..",
          .summary = "Are these files right? Reports everything wrong with them, with lines.",
          .details =
              "FILE is a task or group file, a manifest, a checkpoint folder, a tokenizer.json, a\n"
              ".safetensors file or a store, or its run folder. A task whose data set is not here\n"
              "is checked without its data. Of several files each has a line; exit code 2 if any "
              "is wrong.",
          .options = task_option_rows(),
          .min_positional = 1,
          .max_positional = 100000,
          .run = run};
}

}  // namespace e2lm
