#pragma once

#include <cstdint>

#include "base/json.h"

namespace e2lm {

// What Arrow's reader makes of nulls in lists. It reads a batch of JSON in blocks, each by itself,
// and does not know the type of a list's elements before it meets one that is no null. Until then
// it miscounts: the nulls before that element in the same list are lost, and of a list of nulls
// alone all but one. The `datasets` library sees that lengths do not fit, and reads the batch anew
// without Arrow.
class ListNulls {
 public:
  // The next list of one place (`a`, or `b` within the elements of `a`). REQUIRES: an array; blocks
  // in ascending order.
  void see(const Json& list, int64_t block);

  // Whether nulls are lost if the batch is read in its blocks, or as one.
  bool lost_in_blocks() const { return lost_in_blocks_; }
  bool lost_in_batch() const { return lost_in_batch_; }

 private:
  int64_t valued_block_ = -1;  // the last one in which an element was no null
  bool lost_in_blocks_ = false, lost_in_batch_ = false;
};

}  // namespace e2lm
