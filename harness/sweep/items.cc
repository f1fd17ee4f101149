#include "harness/sweep/items.h"

#include <fmt/format.h>

#include "base/error.h"

namespace e2lm {
namespace {

constexpr std::string_view kHigher = ":higher", kLower = ":lower";

// Scores taken one by one.
class Scores {
 public:
  explicit Scores(const std::vector<RequestScore>& scores) : scores_(scores) {}
  const RequestScore& next() { return scores_.at(at_++); }

 private:
  const std::vector<RequestScore>& scores_;
  size_t at_ = 0;
};

Choice choice_of(const ItemShape::Choice& shape, const RequestScore& score) {
  return {.logprob_nats = score.nats,
          .tokens = score.tokens,
          .characters = shape.characters,
          .bytes = shape.bytes,
          .greedy = score.greedy_tokens == score.tokens};
}

Choice rolling_choice(const ItemShape& shape, Scores& scores) {
  Choice text{.bytes = static_cast<int32_t>(shape.bytes),
              .greedy = true,
              .words = static_cast<int32_t>(shape.words)};
  for (int32_t window = 0; window < shape.windows; ++window) {
    const RequestScore& score = scores.next();
    text.logprob_nats += score.nats;
    text.tokens += score.tokens;
    text.greedy = text.greedy && score.greedy_tokens == score.tokens;
  }
  return text;
}

}  // namespace

std::vector<Item> items_of(std::span<const ItemShape> shapes,
                           const std::vector<RequestScore>& request_scores) {
  Scores scores(request_scores);
  std::vector<Item> items;
  for (const ItemShape& shape : shapes) {
    Item item{.gold = shape.golds, .type = shape.type};
    if (shape.type == OutputType::loglikelihood_rolling) {
      item.choices.push_back(rolling_choice(shape, scores));
    }
    for (const ItemShape::Choice& choice : shape.choices) {
      item.choices.push_back(choice_of(choice, scores.next()));
    }
    if (shape.unconditional) {
      for (Choice& choice : item.choices) choice.unconditional_nats = scores.next().nats;
    }
    items.push_back(std::move(item));
  }
  return items;
}

std::vector<TaskMetric> metrics_of(const Task& task) {
  std::vector<TaskMetric> metrics;
  const auto add = [&](std::string_view name, std::string_view aggregation) -> TaskMetric& {
    const Metric* metric = find_metric(name);
    return metrics.emplace_back(TaskMetric{
        .metric = metric,
        .aggregation = find_aggregation(aggregation.empty() ? metric->aggregation : aggregation),
        .higher_is_better = metric->higher_is_better});
  };
  Problems problems(task.path.string());
  for (const Task::Metric& listed : task.metrics) {
    const std::string objection = objection_to(listed.name, task.output_type, listed.aggregation);
    if (!objection.empty()) {
      problems.add(listed.node, objection);
      continue;
    }
    TaskMetric& metric = add(listed.name, listed.aggregation);
    metric.higher_is_better = listed.higher_is_better.value_or(metric.higher_is_better);
  }
  problems.raise();
  if (task.metrics.empty()) {
    for (const std::string_view name : default_metrics(task.output_type)) add(name, "");
  }
  return metrics;
}

std::string stored_name(const TaskMetric& metric) {
  std::string name(metric.metric->name);
  if (metric.higher_is_better == metric.metric->higher_is_better) return name;
  return name.append(metric.higher_is_better ? kHigher : kLower);
}

TaskMetric metric_stored_as(std::string_view name, const std::string& where) {
  const Metric* metric = find_metric(name.substr(0, name.find(':')));
  if (!metric) {
    throw Error(where,
                fmt::format("names the metric '{}', which this version does not have", name));
  }
  const bool turned = name.ends_with(kHigher) || name.ends_with(kLower);
  return {.metric = metric,
          .aggregation = find_aggregation(metric->aggregation),
          .higher_is_better = turned ? name.ends_with(kHigher) : metric->higher_is_better};
}

bool is_higher_better(const Metric& metric, const std::vector<std::string>& stored) {
  const std::string name(metric.name);
  if (std::ranges::find(stored, name + std::string(kHigher)) != stored.end()) return true;
  if (std::ranges::find(stored, name + std::string(kLower)) != stored.end()) return false;
  return metric.higher_is_better;
}

}  // namespace e2lm
