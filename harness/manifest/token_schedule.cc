#include "harness/manifest/token_schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"

namespace e2lm {
namespace {

// "step tokens", as tables of other programs begin.
bool is_heading(const std::string& line) {
  const std::string words = ascii_lower(line);
  return words.starts_with("step") && trim(words.substr(4)) == "tokens";
}

}  // namespace

double e2lm_tokens(int64_t step) {
  constexpr double kSequence = 4096;
  constexpr double kRampSamples = 4'882'812;
  constexpr double kRampBatches[] = {256, 512, 768};
  constexpr double kBatch = 1024;
  double left = static_cast<double>(step), samples = 0;
  for (const double batch : kRampBatches) {
    const double iterations = std::min(left, kRampSamples / 3 / batch);
    samples += iterations * batch;
    left -= iterations;
  }
  return (samples + left * kBatch) * kSequence;
}

std::map<int64_t, double> read_token_table(const Path& path) {
  std::map<int64_t, double> table;
  const std::vector<std::string> lines = split(read_file(path), '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    std::string line(trim(lines[i]));
    if (line.empty() || line[0] == '#') continue;
    std::replace(line.begin(), line.end(), ',', ' ');
    if (table.empty() && is_heading(line)) continue;
    const auto refuse = [&](const std::string& what, const std::string& expected) {
      throw Error(fmt::format("{}:{}", path.string(), i + 1), what, expected);
    };
    char* end = nullptr;
    const int64_t step = std::strtoll(line.c_str(), &end, 10);
    const char* second = end;
    const double tokens = std::strtod(second, &end);
    const bool read = second != line.c_str() && end != second && *end == '\0';
    if (!read || step < 0 || !(tokens >= 0) || std::isinf(tokens)) {
      refuse(fmt::format("'{}' is no row of a token table", trim(lines[i])),
             "two numbers, step,tokens");
    }
    const auto [known, is_new] = table.emplace(step, tokens);
    if (!is_new && known->second != tokens) {
      refuse(fmt::format("gives step {} {:.15g} tokens", step, tokens),
             fmt::format("{:.15g}, as a line above does", known->second));
    }
  }
  return table;
}

}  // namespace e2lm
