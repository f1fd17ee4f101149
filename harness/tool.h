#pragma once

#include <string>
#include <vector>

namespace e2lm {

struct ToolResult {
  int exit_code = 0;  // 128 + signal if a signal ended it
  std::string output;
  std::string errors;
};

// Runs another program, found along PATH, with these words and no input, and waits for its end.
// Throws Error if it is not there or cannot be started.
ToolResult run_tool(const std::vector<std::string>& words);

// A word as a shell reads it back, whatever it holds: it's → 'it'\''s'.
std::string shell_quoted(std::string_view word);
std::string shell_quoted(const std::vector<std::string>& words);  // with spaces between

}  // namespace e2lm
