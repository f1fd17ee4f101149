#pragma once

#include <cstdint>

#include "harness/sweep/evaluate.h"
#include "tasks/requests.h"

namespace e2lm {

// The model that answered lm-evaluation-harness when the files of tests/golden/prompts were made. A
// log-likelihood is a function of the texts' bytes, x of the context and c of the continuation:
//
//   S = Σ_i (31·c[i] + 7·i) mod 97    X = Σ_j x[j]·(j mod 7 + 1)    C = Σ_i c[i]·(i mod 5 + 1)
//   t = (31·X + 17·C + (X mod 101)·(C mod 103)) mod 997
//   log-likelihood = -(S + t) / 100, of a whole text -S / 100
//   greedy: the bytes of both together are a multiple of three
inline RequestScore fake_score(const Request& request) {
  const auto byte = [](const std::string& text, size_t i) {
    return int64_t{static_cast<unsigned char>(text[i])};
  };
  const std::string &x = request.context, &c = request.continuation;
  int64_t s = 0, sum_x = 0, sum_c = 0;
  for (size_t i = 0; i < c.size(); ++i) {
    const auto n = static_cast<int64_t>(i);
    s += (byte(c, i) * 31 + n * 7) % 97;
    sum_c += byte(c, i) * (n % 5 + 1);
  }
  for (size_t j = 0; j < x.size(); ++j) sum_x += byte(x, j) * (static_cast<int64_t>(j) % 7 + 1);
  const int64_t t = (31 * sum_x + 17 * sum_c + (sum_x % 101) * (sum_c % 103)) % 997;
  const bool greedy = (c.size() + x.size()) % 3 == 0;
  return {.nats = -static_cast<double>(request.rolling ? s : s + t) / 100.0,
          .tokens = 1,
          .greedy_tokens = greedy ? 1 : 0};
}

}  // namespace e2lm
