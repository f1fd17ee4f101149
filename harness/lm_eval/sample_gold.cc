#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "harness/lm_eval/sample_line.h"
#include "harness/lm_eval/sample_reader.h"
#include "tasks/template/template.h"

namespace e2lm::lm_eval {
namespace {

using Golds = std::vector<int32_t>;
using Texts = std::vector<std::string>;

// A target as it was before it became text: a list of choices or a single one.
Json target_of(const SampleLine& line) {
  if (!line.target.is_string()) return line.target;
  const auto& text = line.target.get_ref<const std::string&>();
  if (!text.starts_with('[') || !text.ends_with(']')) return line.target;
  try {
    return parse_python_literal(text, line.where);
  } catch (const Error&) {
    return line.target;  // a choice that has brackets
  }
}

// Whole numbers, also as text; negative ones count from the end or name none, as in the original.
std::optional<int32_t> number_of(const Json& target) {
  if (target.is_boolean()) return target.get<bool>();
  if (target.is_number_integer()) {
    const auto number = target.get<int64_t>();
    if (number < INT32_MIN || number > INT32_MAX) return {};
    return static_cast<int32_t>(number);
  }
  if (!target.is_string()) return {};
  const auto& text = target.get_ref<const std::string&>();
  if (text == "True" || text == "False") return text == "True";
  const bool negative = text.starts_with('-');
  const std::string digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || digits.size() > 9) return {};
  if (digits.find_first_not_of("0123456789") != std::string::npos) return {};
  return std::stoi(digits) * (negative ? -1 : 1);
}

std::optional<Golds> by_number(const SampleLine& line, const Texts& choices) {
  const Json target = target_of(line);
  const Json list = target.is_array() ? target : Json::array({target});
  Golds golds;
  for (const Json& one : list) {
    const auto number = number_of(one);
    const int64_t count = std::ssize(choices);
    if (!number || *number >= count) return {};
    golds.push_back(*number < -count ? ItemShape::kNoGold : *number);
  }
  return golds;
}

std::optional<Golds> by_text(const SampleLine& line, const Texts& choices) {
  const Json target = target_of(line);
  const Json list = target.is_array() ? target : Json::array({target});
  Golds golds;
  for (const Json& one : list) {
    const auto found = one.is_string()
                           ? std::find(choices.begin(), choices.end(), one.get<std::string>())
                           : choices.end();
    if (found == choices.end()) return {};
    golds.push_back(static_cast<int32_t>(found - choices.begin()));
  }
  return golds;
}

// Of each choice what it is worth; what is no number wins, the first of them: so it does in NumPy's
// argmax.
int32_t best_of(const std::vector<double>& values) {
  const auto less = [](double a, double b) { return std::isnan(b) ? !std::isnan(a) : a < b; };
  return static_cast<int32_t>(std::max_element(values.begin(), values.end(), less) -
                              values.begin());
}

int32_t prediction_of(const SampleLine& line, size_t choices) {
  std::vector<double> nats;
  for (size_t c = 0; c < choices; ++c) nats.push_back(line.responses[c].nats);
  return best_of(nats);
}

// By log-likelihoods for each character, as for `acc_norm`.
int32_t normed_prediction_of(const SampleLine& line, const Texts& choices) {
  std::vector<double> nats;
  for (size_t c = 0; c < choices.size(); ++c) {
    nats.push_back(line.responses[c].nats / static_cast<double>(count_characters(choices[c])));
  }
  return best_of(nats);
}

// Whether gold answers and a prediction give what the file says a metric was; true where it says
// nothing.
bool agrees(const SampleLine& line, const char* metric, const Golds& golds, int32_t prediction,
            size_t choices) {
  const auto recorded = line.recorded.find(metric);
  if (recorded == line.recorded.end()) return true;
  const bool right = std::any_of(golds.begin(), golds.end(), [&](int32_t gold) {
    return (gold < 0 ? gold + static_cast<int32_t>(choices) : gold) == prediction;
  });
  return right == (recorded->second == 1.0);
}

bool agrees(const SampleLine& line, const Golds& golds, size_t choices) {
  return agrees(line, "acc", golds, prediction_of(line, choices), choices);
}

Golds from_accuracy(const SampleLine& line, size_t choices) {
  const auto acc = line.recorded.find("acc");
  const int32_t prediction = prediction_of(line, choices);
  if (acc != line.recorded.end() && acc->second == 1.0) return {prediction};
  if (acc != line.recorded.end() && choices == 2) return {1 - prediction};
  throw GoldUnknown(line.where, "does not say which input is right",
                    "samples written by e2lm, or acc of two choices");
}

using Rule = std::optional<Golds> (*)(const SampleLine& line, const Texts& choices);

// How many lines a rule cannot read, or reads otherwise than their accuracy says.
int64_t mistakes(Rule rule, const std::vector<SampleLine>& lines,
                 const std::vector<Texts>& choices) {
  int64_t count = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto golds = rule(lines[i], choices[i]);
    count += !golds || !agrees(lines[i], *golds, choices[i].size());
  }
  return count;
}

Rule rule_of(const std::vector<SampleLine>& lines, const std::vector<Texts>& choices) {
  return mistakes(by_number, lines, choices) <= mistakes(by_text, lines, choices) ? by_number
                                                                                  : by_text;
}

}  // namespace

int64_t disagreements_of(const std::vector<SampleLine>& lines,
                         const std::vector<std::vector<std::string>>& choices) {
  const Rule rule = rule_of(lines, choices);
  int64_t count = mistakes(rule, lines, choices);
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto golds = rule(lines[i], choices[i]);
    const int32_t prediction = normed_prediction_of(lines[i], choices[i]);
    count += golds && !agrees(lines[i], "acc_norm", *golds, prediction, choices[i].size());
  }
  return count;
}

std::vector<std::vector<int32_t>> golds_of(const std::vector<SampleLine>& lines,
                                           const std::vector<std::vector<std::string>>& choices,
                                           bool several_inputs) {
  const Rule rule = rule_of(lines, choices);
  std::vector<Golds> all;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (several_inputs) {
      all.push_back(from_accuracy(lines[i], choices[i].size()));
      continue;
    }
    auto golds = rule(lines[i], choices[i]);
    const auto acc = lines[i].recorded.find("acc");
    // The original takes a target that is no choice for a question nobody answers.
    if (!golds && acc != lines[i].recorded.end() && acc->second == 0) golds = {ItemShape::kNoGold};
    if (!golds) {
      throw GoldUnknown(lines[i].where,
                        fmt::format("the target is {}", lines[i].target.dump().substr(0, 60)),
                        fmt::format("one of the {} choices, by {}", choices[i].size(),
                                    rule == by_number ? "number from 0" : "text"));
    }
    all.push_back(*golds);
  }
  return all;
}

}  // namespace e2lm::lm_eval
