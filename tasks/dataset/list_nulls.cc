#include "tasks/dataset/list_nulls.h"

#include <algorithm>

namespace e2lm {

void ListNulls::see(const Json& list, int64_t block) {
  if (valued_block_ == block || list.empty()) return;
  const auto value = std::find_if(list.begin(), list.end(),
                                  [](const Json& element) { return !element.is_null(); });
  const bool valued = value != list.end();
  const bool lost = valued ? value != list.begin() : list.size() > 1;
  lost_in_blocks_ |= lost;
  if (valued_block_ < 0) lost_in_batch_ |= lost;
  if (valued) valued_block_ = block;
}

}  // namespace e2lm
