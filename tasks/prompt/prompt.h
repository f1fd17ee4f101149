#pragma once

#include <string>
#include <vector>

#include "tasks/prompt/document_fields.h"
#include "tasks/prompt/few_shot.h"

namespace e2lm {

// Puts prompts together as lm-evaluation-harness does, without a chat template:
//
//   system instruction · description · (text target_delimiter answer fewshot_delimiter)* · text
//
// A prefix of the answer (gen_prefix) stands after the text; a delimiter goes before it only where
// neither side brings white space.
class PromptBuilder {
 public:
  struct Options {
    int64_t shots = 0;
    uint64_t seed = 1234;
    FewShotDraw draw = FewShotDraw::per_task;
    bool absent_is_null = true;  // see Task::read_split
    std::string system_instruction;
  };

  PromptBuilder(const Task& task, const DocumentFields& fields, Options options);

  // The contexts of a document, to be called in document order: one, or with several inputs
  // (`choices` are then what stands in the texts) one for each choice.
  std::vector<std::string> contexts(const Document& document, int64_t doc_id,
                                    const std::vector<std::string>& choices, bool multiple_input);

 private:
  std::string opening(const Document& document, int64_t doc_id, bool multiple_input);
  std::string example(const Document& document, bool multiple_input) const;
  std::string choice(const Document& document, const std::vector<std::string>& choices,
                     const Json& index) const;

  const Task& task_;
  const DocumentFields& fields_;
  Options options_;
  std::optional<FewShotSampler> sampler_;
};

}  // namespace e2lm
