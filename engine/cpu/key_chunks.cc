#include "engine/cpu/key_chunks.h"

namespace e2lm::cpu {

int64_t common_rows(const Path& a, const Path& b) {
  int64_t rows = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i].k != b[i].k || a[i].stride != b[i].stride) break;
    rows += std::min(a[i].rows, b[i].rows);
    if (a[i].rows != b[i].rows) break;
  }
  return rows;
}

}  // namespace e2lm::cpu
