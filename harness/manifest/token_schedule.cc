#include "harness/manifest/token_schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"

namespace e2lm {

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
    char* end = nullptr;
    const int64_t step = std::strtoll(line.c_str(), &end, 10);
    const char* second = end;
    const double tokens = std::strtod(second, &end);
    if (second == line.c_str() || end == second || *end != '\0' || step < 0 || tokens < 0) {
      throw Error(fmt::format("{}:{}", path.string(), i + 1),
                  fmt::format("'{}' is no row of a token table", lines[i]), "step,tokens");
    }
    table[step] = tokens;
  }
  return table;
}

}  // namespace e2lm
