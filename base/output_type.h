#pragma once

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

}  // namespace e2lm
