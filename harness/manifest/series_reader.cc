#include "harness/manifest/series_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "harness/hub/cache.h"
#include "harness/hub/settings.h"
#include "harness/manifest/step_pattern.h"
#include "harness/manifest/token_schedule.h"

namespace e2lm {
namespace {

class SeriesReader {
 public:
  SeriesReader(const Yaml& node, std::string name, const SeriesDefaults& defaults,
               Problems& problems)
      : keys_(node, std::move(name), problems), defaults_(defaults), problems_(problems) {}

  Series read() {
    Series series;
    if (const Yaml* name = keys_.require("name")) series.name = name->text;
    series.group = keys_.text("group").value_or(series.name);
    series.mix = read_mix();
    series.control_for = keys_.text("control_for").value_or("");
    const auto tokenizer = keys_.text("tokenizer");
    series.tokenizer = tokenizer ? defaults_.folder / *tokenizer : defaults_.tokenizer;
    if (const Yaml* list = keys_.find("checkpoints")) {
      read_listed(*list, series);
    } else {
      read_by_pattern(series);
    }
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

  // Where one checkpoint or all of a series lie. Neither: what stands there is wrong.
  struct Place {
    const Yaml* path = nullptr;
    std::optional<HubPattern> hub;
  };

  Place read_place(YamlMap& keys) {
    const bool on_hub = keys.find("hub") != nullptr;
    Place place{.hub = HubPattern::read(keys, problems_)};
    place.path = on_hub ? keys.find("path") : keys.require("path");
    if (on_hub && place.path) {
      problems_.add(*place.path, "'path' and 'hub' exclude each other");
      place.path = nullptr;
    }
    for (const char* key : {"revision", "subfolder"}) {
      const Yaml* value = keys.find(key);
      if (value && !on_hub) {
        problems_.add(*value, fmt::format("'{}' needs a repository in 'hub'", keys.path(key)));
      }
    }
    return place;
  }

  // Checkpoints whose places no pattern gives.
  void read_listed(const Yaml& list, Series& series) {
    for (const char* key : {"path", "hub", "revision", "subfolder", "steps"}) {
      if (const Yaml* other = keys_.find(key)) {
        problems_.add(*other, fmt::format("'{}' and 'checkpoints' exclude each other", key));
      }
    }
    const Yaml* tokens = keys_.find("tokens");
    std::set<int64_t> steps;
    for (size_t i = 0; i < list.items.size(); ++i) {
      YamlMap keys(list.items[i], fmt::format("{}[{}]", keys_.path("checkpoints"), i), problems_);
      CheckpointRef ref = read_checkpoint(keys, tokens == nullptr);
      keys.finish();
      if (steps.contains(ref.step)) {
        problems_.add(keys.line(), fmt::format("step {} is listed twice", ref.step));
      }
      add_step(ref.step, steps);
      ref.series = series.name;
      series.checkpoints.push_back(std::move(ref));
    }
    if (list.items.empty()) {
      problems_.add(list, fmt::format("'{}' must be a list of {{step, tokens, path}}",
                                      keys_.path("checkpoints")));
    }
    std::ranges::sort(series.checkpoints, {}, &CheckpointRef::step);
    find_in_cache(series);
    if (tokens) read_tokens(*tokens, series);
  }

  CheckpointRef read_checkpoint(YamlMap& keys, bool with_tokens) {
    CheckpointRef ref;
    if (keys.require("step")) ref.step = keys.integer("step").value_or(0);
    if (ref.step < 0) {
      problems_.add(keys.line(), fmt::format("'{}' must be 0 or more", keys.path("step")));
    }
    if (with_tokens && keys.require("tokens")) ref.tokens = keys.number("tokens").value_or(0);
    const Place place = read_place(keys);
    if (place.path) ref.folder = defaults_.folder / place.path->text;
    if (place.hub) ref.hub = place.hub->fill(ref.step);
    return ref;
  }

  void read_by_pattern(Series& series) {
    const auto [path, hub] = read_place(keys_);
    const bool on_hub = hub.has_value();
    const Yaml* steps = keys_.require("steps");
    const Yaml* tokens = keys_.require("tokens");
    if ((!path && !hub) || !steps || !tokens) return;
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
        ref.folder = defaults_.folder / pattern->fill(step);
      }
      series.checkpoints.push_back(std::move(ref));
    }
    find_in_cache(series);
    read_tokens(*tokens, series);
  }

  static bool is_scan(const Yaml& steps) {
    return steps.kind == Yaml::Kind::scalar && steps.text == "scan";
  }

  // Those on the hub.
  static void find_in_cache(Series& series) {
    const HubCache cache(std::filesystem::absolute(HubSettings::from_environment().cache));
    for (CheckpointRef& ref : series.checkpoints) {
      if (ref.hub) ref.folder = cache.folder(*ref.hub);
    }
  }

  // Without a pattern there is no folder to scan.
  std::set<int64_t> read_steps(const Yaml& node, const StepPattern* pattern) {
    std::set<int64_t> steps;
    if (is_scan(node)) {
      if (!pattern) {
        problems_.add(node, fmt::format("'{}' cannot be 'scan' on the hub", keys_.path("steps")));
        return steps;
      }
      steps = pattern->scan(defaults_.folder);
    } else if (node.kind == Yaml::Kind::list) {
      for (const Yaml& item : node.items) add_steps(item, steps);
    } else {
      add_steps(node, steps);
    }
    if (steps.empty() && !(defaults_.may_be_empty && is_scan(node))) {
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
    const Path path = defaults_.folder / node.text;
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
  const SeriesDefaults& defaults_;
  Problems& problems_;
  bool steps_rise_ = true;  // as the file lists them
};

}  // namespace

Series read_series_entry(const Yaml& node, std::string name, const SeriesDefaults& defaults,
                         Problems& problems) {
  return SeriesReader(node, std::move(name), defaults, problems).read();
}

}  // namespace e2lm
