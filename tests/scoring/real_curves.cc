#include "tests/scoring/real_curves.h"

#include <algorithm>
#include <cstdlib>

#include "tests/support/places.h"

namespace e2lm {
namespace {

Json read(const Path& path) {
  return parse_json(read_file(path), path.string());
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Adds a point to a series of a task, both made where they are new.
void add(RealTasks& tasks, const std::string& task, const std::string& metric,
         const std::string& series, const CurvePoint& point) {
  TaskCurves& curves = tasks[metric.empty() ? task : task + ":" + metric];
  curves.task = task;
  curves.metric = metric;
  curves.higher_is_better = metric != "ppl";
  if (curves.series.empty() || curves.series.back().series != series) {
    curves.series.push_back({.series = series, .group = "all"});
  }
  curves.series.back().curve.push_back(point);
}

void sort_by_step(RealTasks& tasks) {
  for (auto& [name, task] : tasks) {
    for (SeriesCurve& series : task.series) {
      std::sort(series.curve.begin(), series.curve.end(),
                [](const CurvePoint& a, const CurvePoint& b) { return a.step < b.step; });
    }
  }
}

// The number behind the last "step" of a text.
int64_t step_in(const std::string& text) {
  return std::atoll(text.c_str() + text.rfind("step") + 4);
}

void add_pythia_file(RealTasks& tasks, const std::string& series, const Path& path) {
  const int64_t step = step_in(path.stem().string());
  const Json file = read(path);
  std::map<std::string, long double>
      sums;  // of the subjects of MMLU; its last digit is rounded once
  std::map<std::string, int> subjects;
  for (const auto& [task, metrics] : file["results"].items()) {
    for (const auto& [metric, value] : metrics.items()) {
      if (ends_with(metric, "_stderr")) continue;
      CurvePoint point{.step = step, .tokens = 2097152.0 * static_cast<double>(step)};
      point.value = value.get<double>();
      if (metrics.contains(metric + "_stderr")) {
        point.standard_error = metrics[metric + "_stderr"].get<double>();
      }
      add(tasks, task, metric, series, point);
      if (task.rfind("hendrycksTest-", 0) != 0) continue;
      sums[metric] += static_cast<long double>(point.value);
      ++subjects[metric];
    }
  }
  for (const auto& [metric, sum] : sums) {
    const double mean = static_cast<double>(sum) / subjects[metric];
    add(tasks, "mmlu_mean57", metric, series,
        {.step = step, .tokens = 2097152.0 * static_cast<double>(step), .value = mean});
  }
}

}  // namespace

Path shared_folder() {
  return source_dir() / "../shared";
}

bool has_shared_data() {
  return std::filesystem::exists(shared_folder() / "golden/e2lm_scores.json") &&
         std::filesystem::exists(shared_folder() / "data/e2lm/curves.json");
}

Json read_golden(const std::string& name) {
  return read(shared_folder() / "golden" / name);
}

RealTasks e2lm_curves() {
  RealTasks tasks;
  const Json file = read(shared_folder() / "data/e2lm/curves.json");
  for (const auto& [model, columns] : file["data"].items()) {
    for (const auto& [name, values] : columns.items()) {
      const bool is_task = name != "iteration" && name != "gtokens" && values[0].is_number();
      for (size_t i = 0; is_task && i < values.size(); ++i) {
        add(tasks, name, "", model,
            {.step = columns["iteration"][i].get<int64_t>(),
             .tokens = columns["gtokens"][i].get<double>() * 1e9,
             .value = values[i].get<double>()});
      }
    }
  }
  return tasks;
}

RealTasks cruise_curves() {
  RealTasks tasks;
  for (const Path& series : list_folder(shared_folder() / "data/cruise")) {
    for (const Path& path : list_folder(series / "EleutherAI__pythia-1b")) {
      const Json file = read(path);
      const int64_t step = step_in(file["config"]["model_args"].get<std::string>());
      for (const auto& [task, metrics] : file["results"].items()) {
        add(tasks, task, "acc,none", series.filename().string(),
            {.step = step,
             .tokens = 2097152.0 * static_cast<double>(step),
             .value = metrics["acc,none"].get<double>(),
             .standard_error = metrics["acc_stderr,none"].get<double>()});
      }
    }
  }
  sort_by_step(tasks);
  return tasks;
}

RealTasks pythia_curves() {
  RealTasks tasks;
  for (const char* series : {"pythia-70m", "pythia-160m", "pythia-410m", "pythia-1b-bf16"}) {
    for (const Path& path : list_folder(shared_folder() / "data/pythia" / series / "zero-shot")) {
      add_pythia_file(tasks, series, path);
    }
  }
  sort_by_step(tasks);
  return tasks;
}

RealTasks bigscience_curves() {
  RealTasks tasks;
  for (const char* name : {"tr12/tr12a-1B3-oscar-en-filtered", "tr3/tr3d-1B3-oscar-checkpoints",
                           "tr3/tr3e-1B3-c4-checkpoints"}) {
    const Path path = shared_folder() / "data/bigscience" / (std::string(name) + "_agg.json");
    const Json file = read(path);
    for (const auto& [task, metrics] : file["results"].items()) {
      for (const auto& [metric, values] : metrics.items()) {
        for (size_t i = 0; !ends_with(metric, "_stderr") && i < values.size(); ++i) {
          add(tasks, task, metric, Path(name).filename().string(),
              {.step = file["checkpoints"][i].get<int64_t>(),
               .tokens = file["tokens"][i].get<double>(),
               .value = values[i].get<double>()});
        }
      }
    }
  }
  return tasks;
}

}  // namespace e2lm
