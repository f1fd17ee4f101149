#pragma once

#include "harness/options.h"
#include "harness/run.h"

namespace e2lm {

// The flags of `e2lm run`: those of lm-evaluation-harness and ours.
std::vector<Option> run_option_rows();

// Words with commas between them, as flags take them.
std::vector<std::string> words_in(const std::string& text);

// Whether a word after other words is one more of --model_args: key=value, and no file.
bool is_model_argument(const std::string& word);

// --model_args with all its words, commas between them.
std::string model_args(const Arguments& arguments);

// Throws Error naming the flag that is wrong, or that means something e2lm does not do.
RunOptions run_options(const Arguments& arguments);

}  // namespace e2lm
