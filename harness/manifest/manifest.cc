#include "harness/manifest/manifest.h"

#include <fmt/format.h>

#include <map>

#include "base/error.h"
#include "base/yaml.h"
#include "harness/manifest/scoring_keys.h"
#include "harness/manifest/series_reader.h"

namespace e2lm {
namespace {

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
      manifest_.series.push_back(read_series_entry(
          list->items[i], fmt::format("series[{}]", i),
          {.folder = folder_, .tokenizer = manifest_.tokenizer, .may_be_empty = may_be_empty_},
          problems_));
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
