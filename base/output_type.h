#pragma once

#include <optional>
#include <string_view>

namespace e2lm {

// What a task asks of a model, as task files call it.
enum class OutputType {
  multiple_choice,        // the log-likelihood of every choice after the text
  loglikelihood,          // that of the target after the text
  loglikelihood_rolling,  // that of a whole text, every token of it
};

constexpr std::string_view output_type_name(OutputType type) {
  if (type == OutputType::multiple_choice) return "multiple_choice";
  return type == OutputType::loglikelihood ? "loglikelihood" : "loglikelihood_rolling";
}

// None for another word.
constexpr std::optional<OutputType> find_output_type(std::string_view name) {
  for (const OutputType type : {OutputType::multiple_choice, OutputType::loglikelihood,
                                OutputType::loglikelihood_rolling}) {
    if (output_type_name(type) == name) return type;
  }
  return {};
}

}  // namespace e2lm
