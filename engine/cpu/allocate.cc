#include "engine/cpu/allocate.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace e2lm::cpu {
namespace {

constexpr int64_t kLargePage = int64_t{2} << 20;
constexpr std::align_val_t kLarge{kLargePage};
constexpr std::align_val_t kSmall{64};

}  // namespace

Array allocate_unset(int64_t floats) {
  const int64_t bytes = floats * static_cast<int64_t>(sizeof(float));
  const bool large = bytes >= kLargePage;
  auto* data = static_cast<float*>(::operator new(bytes, large ? kLarge : kSmall));
  // Only whole large pages: the rest of the last one would be memory taken and not accounted for.
  if (large) ::madvise(data, bytes / kLargePage * kLargePage, MADV_HUGEPAGE);
  if (large) return {data, floats, [](float* old) { ::operator delete(old, kLarge); }};
  return {data, floats, [](float* old) { ::operator delete(old, kSmall); }};
}

Array allocate(int64_t floats) {
  Array array = allocate_unset(floats);
  std::fill_n(array.data(), floats, 0.0F);
  return array;
}

}  // namespace e2lm::cpu
