#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "harness/submission/task_files.h"
#include "scoring/metrics/metric.h"

namespace e2lm::submission {
namespace {

// Python known by its words (what stands between white space, joined by single spaces), and the
// metric here that is its equal. The values were compared: tests/harness/submission.
struct KnownPython {
  std::string_view sha256, function, metric;
};
constexpr std::array<KnownPython, 1> kKnown = {{
    // lm-evaluation-harness 0.4.13, tasks/e2lmc/mmlu_early_training/custom_metrics.py: the mean
    // over documents of the gold choice's log-likelihood minus the mean of the others'.
    {"b61ed5d04330fca54627151e294c0314de199fa69231303757e64de90c097de8", "loglikelihood_diff",
     "margin_mean"},
}};

std::string words_sha256(const Path& path) {
  std::string words, text = read_file(path);
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return std::string_view("\t\r\n\f\v").find(c) != std::string_view::npos; }, ' ');
  for (const std::string& word : split(text, ' ')) {
    if (word.empty()) continue;
    if (!words.empty()) words += ' ';
    words += word;
  }
  return sha256_hex(words);
}

// `custom_metrics.f` stands in custom_metrics.py beside the file that names it.
std::string known_metric(const std::string& function, const Path& named_in) {
  const size_t dot = function.rfind('.');
  if (dot == std::string::npos || function.find("..") != std::string::npos) return {};
  std::string module = function.substr(0, dot);
  std::replace(module.begin(), module.end(), '.', '/');
  const Path python = named_in.parent_path() / (module + ".py");
  if (module.starts_with('/') || !std::filesystem::is_regular_file(python)) return {};
  const std::string sha256 = words_sha256(python);
  for (const KnownPython& known : kKnown) {
    if (known.sha256 == sha256 && known.function == function.substr(dot + 1)) {
      return std::string(known.metric);
    }
  }
  return {};
}

class Replacer {
 public:
  Replacer(const TaskFiles& files, const NativeMetrics& given) : files_(files), given_(given) {}

  std::map<std::string, std::string> run() {
    for (const auto& [function, metric] : given_) {
      if (find_metric(metric)) continue;
      throw Error("--native", fmt::format("there is no metric '{}'", metric),
                  "one that `e2lm ls metrics` shows");
    }
    for (const auto& [path, file] : files_.all()) {
      if (!file.functions.empty() && file.error.empty()) replace_in(path, file);
    }
    for (const auto& [function, metric] : given_) {
      if (used_.contains(function)) continue;
      throw Error(
          "--native",
          fmt::format("no metric_list of the submission names the function '{}'", function));
    }
    return std::move(renamed_);
  }

 private:
  void replace_in(const Path& path, const TaskFile& file) {
    Yaml keys = read_yaml(path, DuplicateKeys::last_wins);
    const Yaml* list = keys.find("metric_list");
    if (!list) return;
    size_t replaced = 0;
    Yaml metrics = *list;
    for (Yaml& entry : metrics.items) replaced += replace_entry(entry, path);
    if (replaced == 0 || replaced != file.functions.size()) return;
    for (YamlEntry& entry : keys.entries) {
      if (entry.key.text == "metric_list") entry.value = metrics;
    }
    write_file(path, keys.json().dump(1) + "\n");  // JSON is YAML
  }

  // How many functions of an entry of metric_list were replaced.
  size_t replace_entry(Yaml& entry, const Path& path) {
    for (const char* key : {"aggregation", "metric"}) {
      const Yaml* value = entry.find(key);
      if (!value || value->tag != "!function") continue;
      const auto given = given_.find(value->text);
      const std::string native =
          given != given_.end() ? given->second : known_metric(value->text, path);
      if (native.empty()) return 0;
      if (given != given_.end()) used_.insert(given->first);
      const Yaml* name = entry.find("metric");
      renamed_[name ? name->text : native] = native;
      std::erase_if(entry.entries, [](const YamlEntry& pair) {
        return pair.key.text == "aggregation" || pair.key.text == "metric";
      });
      Yaml key_node{.kind = Yaml::Kind::scalar, .text = "metric"};
      Yaml metric{.kind = Yaml::Kind::scalar, .text = native, .quoted = true};
      entry.set({std::move(key_node), std::move(metric)});
      return 1;
    }
    return 0;
  }

  const TaskFiles& files_;
  const NativeMetrics& given_;
  std::set<std::string> used_;
  std::map<std::string, std::string> renamed_;
};

}  // namespace

std::map<std::string, std::string> replace_python_metrics(const TaskFiles& files,
                                                          const NativeMetrics& given) {
  return Replacer(files, given).run();
}

}  // namespace e2lm::submission
