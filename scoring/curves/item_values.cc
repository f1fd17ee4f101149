#include "scoring/curves/item_values.h"

#include <cassert>

namespace e2lm {

void ItemValues::add(std::span<const float> values) {
  assert(!values.empty() && (empty() || items_ == std::ssize(values)));
  items_ = std::ssize(values);
  values_.insert(values_.end(), values.begin(), values.end());
}

}  // namespace e2lm
