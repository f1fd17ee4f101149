#include "harness/manifest/manifest.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/error.h"
#include "base/yaml.h"
#include "harness/hub/cache.h"
#include "harness/hub/settings.h"
#include "harness/manifest/scoring_keys.h"
#include "harness/manifest/step_pattern.h"
#include "harness/manifest/token_schedule.h"

namespace e2lm {
namespace {

class SeriesReader {
 public:
  SeriesReader(const Yaml& node, std::string name, const Path& folder, Problems& problems,
               bool may_be_empty)
      : keys_(node, std::move(name), problems),
        folder_(folder),
        problems_(problems),
        may_be_empty_(may_be_empty) {}

  Series read(const Path& default_tokenizer) {
    Series series;
    if (const Yaml* name = keys_.require("name")) series.name = name->text;
    series.group = keys_.text("group").value_or(series.name);
    series.mix = read_mix();
    series.control_for = keys_.text("control_for").value_or("");
    const auto tokenizer = keys_.text("tokenizer");
    series.tokenizer = tokenizer ? folder_ / *tokenizer : default_tokenizer;
    read_checkpoints(series);
    keys_.finish();
    return series;
  }

 private:
  Mix read_mix() {
    const std::string mix = keys_.text("mix").value_or("science");
    if (mix != "science" && mix != "web") {
      problems_.add(keys_.line(),
                    fmt::format("'{}' is '{}'; it must be science or web", keys_.path("mix"), mix));
    }
    return mix == "web" ? Mix::web : Mix::science;
  }

  void read_checkpoints(Series& series) {
    const bool on_hub = keys_.find("hub") != nullptr;
    const auto hub = HubPattern::read(keys_, problems_);
    const Yaml* path = on_hub ? keys_.find("path") : keys_.require("path");
    const Yaml* steps = keys_.require("steps");
    const Yaml* tokens = keys_.require("tokens");
    if (on_hub && path) problems_.add(*path, "'path' and 'hub' exclude each other");
    for (const char* key : {"revision", "subfolder"}) {
      const Yaml* value = keys_.find(key);
      if (value && !on_hub) {
        problems_.add(*value, fmt::format("'{}' needs a repository in 'hub'", keys_.path(key)));
      }
    }
    if ((on_hub ? !hub : !path) || !steps || !tokens) return;
    const auto pattern = path ? StepPattern::parse(path->text) : std::nullopt;
    if (!pattern && !on_hub) {
      problems_.add(*path,
                    fmt::format("'{}' must hold {{step}} or, with leading zeros, {{step:07}}",
                                keys_.path("path")));
      return;
    }
    if (is_scan(*steps) && pattern) series.scan = pattern;
    const std::set<int64_t> list = read_steps(*steps, pattern ? &*pattern : nullptr);
    if (on_hub && list.size() > 1 && !hub->has_step()) {
      problems_.add(*steps, "several steps need {step} in 'revision' or 'subfolder'");
    }
    for (const int64_t step : list) {
      CheckpointRef ref{.series = series.name, .step = step};
      if (on_hub) {
        ref.hub = hub->fill(step);
      } else {
        ref.folder = folder_ / pattern->fill(step);
      }
      series.checkpoints.push_back(std::move(ref));
    }
    if (on_hub) find_in_cache(series);
    read_tokens(*tokens, series);
  }

  static bool is_scan(const Yaml& steps) {
    return steps.kind == Yaml::Kind::scalar && steps.text == "scan";
  }

  static void find_in_cache(Series& series) {
    const HubCache cache(std::filesystem::absolute(HubSettings::from_environment().cache));
    for (CheckpointRef& ref : series.checkpoints) ref.folder = cache.folder(*ref.hub);
  }

  // Without a pattern there is no folder to scan.
  std::set<int64_t> read_steps(const Yaml& node, const StepPattern* pattern) {
    std::set<int64_t> steps;
    if (is_scan(node)) {
      if (!pattern) {
        problems_.add(node, fmt::format("'{}' cannot be 'scan' on the hub", keys_.path("steps")));
        return steps;
      }
      steps = pattern->scan(folder_);
    } else if (node.kind == Yaml::Kind::list) {
      for (const Yaml& item : node.items) add_steps(item, steps);
    } else {
      add_steps(node, steps);
    }
    if (steps.empty() && !(may_be_empty_ && is_scan(node))) {
      problems_.add(node, fmt::format("'{}' gives no checkpoint", keys_.path("steps")));
    }
    return steps;
  }

  void add_steps(const Yaml& node, std::set<int64_t>& steps) {
    constexpr int64_t kMost = 1'000'000;
    if (const auto step = yaml_integer(node); step && *step >= 0) {
      add_step(*step, steps);
      return;
    }
    if (node.kind != Yaml::Kind::map) {
      problems_.add(node, fmt::format("'{}' must be 'scan', a step, a range {{from, to, by}} "
                                      "or a list of these",
                                      keys_.path("steps")));
      return;
    }
    YamlMap range(node, keys_.path("steps"), problems_);
    const int64_t from = range.integer("from").value_or(-1), to = range.integer("to").value_or(-1);
    const int64_t by = range.integer("by").value_or(1);
    range.finish();
    if (from < 0 || to < from || by <= 0 || (to - from) / by >= kMost) {
      problems_.add(node,
                    fmt::format("'{}' must have 0 <= from <= to and by > 0", keys_.path("steps")));
      return;
    }
    for (int64_t step = from; step <= to; step += by) add_step(step, steps);
  }

  void add_step(int64_t step, std::set<int64_t>& steps) {
    steps_rise_ = steps_rise_ && (steps.empty() || step > *steps.rbegin());
    steps.insert(step);
  }

  void read_tokens(const Yaml& node, Series& series) {
    auto& checkpoints = series.checkpoints;
    const std::string key = keys_.path("tokens");
    if (node.kind == Yaml::Kind::map) {
      YamlMap map(node, key, problems_);
      const double per_step = map.number("per_step").value_or(0);
      map.finish();
      if (per_step <= 0) problems_.add(node, fmt::format("'{}.per_step' must be above 0", key));
      series.tokens_at = [=](int64_t step) { return per_step * static_cast<double>(step); };
    } else if (node.kind == Yaml::Kind::list) {
      if (node.items.size() != checkpoints.size()) {
        problems_.add(node, fmt::format("'{}' has {} entries for {} checkpoints", key,
                                        node.items.size(), checkpoints.size()));
        return;
      }
      if (!steps_rise_) {
        problems_.add(node, fmt::format("'{}' is a list, for which '{}' must rise", key,
                                        keys_.path("steps")));
      }
      for (size_t i = 0; i < checkpoints.size(); ++i) {
        const auto tokens = yaml_number(node.items[i]);
        if (!tokens) problems_.add(node.items[i].line, fmt::format("'{}' must hold numbers", key));
        checkpoints[i].tokens = tokens.value_or(0);
      }
    } else if (node.text == "e2lm") {
      series.tokens_at = e2lm_tokens;
    } else {
      read_token_file(node, series);
    }
    if (!series.tokens_at) return;
    for (CheckpointRef& ref : checkpoints) {
      const auto tokens = series.tokens_at(ref.step);
      if (!tokens) {
        problems_.add(node, fmt::format("'{}' has no row for step {}", node.text, ref.step));
      }
      ref.tokens = tokens.value_or(0);
    }
  }

  void read_token_file(const Yaml& node, Series& series) {
    const Path path = folder_ / node.text;
    if (!std::filesystem::exists(path)) {
      problems_.add(node,
                    fmt::format("'{}' is '{}'; it must be {{per_step: N}}, a list, e2lm or the "
                                "path of a table",
                                keys_.path("tokens"), node.text));
      return;
    }
    series.tokens_at = [table = read_token_table(path)](int64_t step) -> std::optional<double> {
      const auto row = table.find(step);
      return row == table.end() ? std::nullopt : std::optional(row->second);
    };
  }

  YamlMap keys_;
  Path folder_;
  Problems& problems_;
  bool may_be_empty_;
  bool steps_rise_ = true;  // as the file lists them
};

class ManifestReader {
 public:
  ManifestReader(const Path& path, bool may_be_empty)
      : may_be_empty_(may_be_empty),
        folder_(path.parent_path()),
        root_(read_yaml(path)),
        problems_(path.string()),
        keys_(root_, "", problems_) {
    manifest_.path = path;
  }

  Manifest read() {
    if (const auto version = keys_.integer("version"); version.value_or(1) != 1) {
      problems_.add(root_.find("version")->line, "the version must be 1");
    }
    if (const Yaml* tasks = keys_.require("tasks")) {
      for (const Yaml& task : tasks->items) manifest_.tasks.push_back(task_word(task.text));
      if (manifest_.tasks.empty()) problems_.add(*tasks, "'tasks' must be a list of names");
    }
    if (const Yaml* dtype = keys_.find("dtype")) read_precision(*dtype);
    if (const Yaml* requests = keys_.find("requests")) read_requests(*requests);
    if (const Yaml* scoring = keys_.find("scoring")) {
      read_scoring(*scoring, problems_, manifest_.rules);
    }
    read_series();
    keys_.finish();
    problems_.raise();
    return std::move(manifest_);
  }

 private:
  // Names are the library's; paths count from the manifest's folder, as all in it do.
  std::string task_word(const std::string& text) const {
    const bool is_path = text.ends_with(".yaml") || (text.find('/') != std::string::npos &&
                                                     std::filesystem::exists(folder_ / text));
    return is_path ? (folder_ / text).string() : text;
  }

  void read_precision(const Yaml& dtype) {
    if (dtype.text == "float32") {
      manifest_.precision = Precision::float32;
    } else if (dtype.text == "bfloat16") {
      manifest_.precision = Precision::bfloat16;
    } else if (dtype.text != "auto") {
      problems_.add(
          dtype, fmt::format("'dtype' is '{}'; it must be float32, bfloat16 or auto", dtype.text));
    }
  }

  void read_requests(const Yaml& node) {
    YamlMap map(node, "requests", problems_);
    const auto read = [&](const char* key, auto named, auto& rule) {
      const Yaml* value = map.find(key);
      if (!value) return;
      try {
        rule = named(value->text, fmt::format("'requests.{}'", key));
      } catch (const Error& error) {  // one problem of several
        problems_.add(*value, error.what());
      }
    };
    read("special_tokens", special_tokens_named, manifest_.tokens.special);
    read("joining", joining_named, manifest_.tokens.joining);
    read("too_long", too_long_named, manifest_.tokens.too_long);
    map.finish();
  }

  void read_series() {
    const auto tokenizer = keys_.text("tokenizer");
    if (tokenizer) manifest_.tokenizer = folder_ / *tokenizer;
    const Yaml* list = keys_.require("series");
    if (!list) return;
    std::map<std::string, int> lines;
    for (size_t i = 0; i < list->items.size(); ++i) {
      SeriesReader reader(list->items[i], fmt::format("series[{}]", i), folder_, problems_,
                          may_be_empty_);
      manifest_.series.push_back(reader.read(manifest_.tokenizer));
      const std::string& name = manifest_.series.back().name;
      if (!lines.emplace(name, list->items[i].line).second) {
        problems_.add(list->items[i].line, fmt::format("the series '{}' is given twice", name));
      }
    }
    if (manifest_.series.empty()) problems_.add(*list, "'series' must be a list of series");
    for (const Series& series : manifest_.series) {
      if (series.control_for.empty() || lines.contains(series.control_for)) continue;
      problems_.add(lines[series.name], fmt::format("the series '{}' is a control for '{}', which "
                                                    "is no series here",
                                                    series.name, series.control_for));
    }
  }

  bool may_be_empty_;
  Path folder_;
  Yaml root_;
  Problems problems_;
  YamlMap keys_;
  Manifest manifest_;
};

}  // namespace

Manifest Manifest::read(const Path& path, bool may_be_empty) {
  return ManifestReader(path, may_be_empty).read();
}

}  // namespace e2lm
