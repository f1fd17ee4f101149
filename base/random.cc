#include "base/random.h"

#include <array>
#include <bit>
#include <cassert>
#include <numeric>
#include <unordered_set>

namespace e2lm {
namespace {

constexpr size_t kShift = 397;
using State = std::array<uint32_t, Random::kWords>;

// init_genrand of the reference implementation.
State linear_state(uint32_t seed) {
  State state;
  state[0] = seed;
  for (uint32_t i = 1; i < Random::kWords; ++i) {
    state[i] = 1812433253U * (state[i - 1] ^ (state[i - 1] >> 30)) + i;
  }
  return state;
}

// init_by_array of the reference implementation, for a key of one or two words.
State state_from_key(uint64_t key) {
  const std::array<uint32_t, 2> words = {static_cast<uint32_t>(key),
                                         static_cast<uint32_t>(key >> 32)};
  const size_t length = words[1] == 0 ? 1 : 2;
  State state = linear_state(19650218U);
  size_t i = 1;
  const auto mixed = [&](uint32_t factor) {
    return state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) * factor);
  };
  const auto advance = [&] {
    if (++i < Random::kWords) return;
    state[0] = state.back();
    i = 1;
  };
  for (size_t step = 0; step < Random::kWords; ++step, advance()) {
    const size_t j = step % length;
    state[i] = mixed(1664525U) + words[j] + static_cast<uint32_t>(j);
  }
  for (size_t step = 1; step < Random::kWords; ++step, advance()) {
    state[i] = mixed(1566083941U) - static_cast<uint32_t>(i);
  }
  state[0] = 0x80000000U;
  return state;
}

// The recurrence, without the word `kShift` ahead: the top bit of one word and the rest of the
// next, times the matrix.
uint32_t twist(uint32_t word, uint32_t next) {
  const uint32_t mixed = (word & 0x80000000U) | (next & 0x7fffffffU);
  return (mixed >> 1) ^ (-(mixed & 1U) & 0x9908b0dfU);
}

uint32_t temper(uint32_t word) {
  word ^= word >> 11;
  word ^= (word << 7) & 0x9d2c5680U;
  word ^= (word << 15) & 0xefc60000U;
  return word ^ (word >> 18);
}

// Up to this many items sample() copies the pool; beyond, it remembers what it took.
int64_t largest_copied_pool(int64_t count) {
  int64_t size = 21;  // a small set's
  if (count > 5) {
    int64_t power = 1;  // the least power of 4 that is not below 3 count
    while (power < 3 * count) power *= 4;
    size += power;
  }
  return size;
}

}  // namespace

Random::Random(int64_t seed)
    : state_(
          state_from_key(seed < 0 ? -static_cast<uint64_t>(seed) : static_cast<uint64_t>(seed))) {}

// Loops without branches, which the compiler turns into vector instructions.
void Random::refill() {
  constexpr size_t kAhead = kWords - kShift;
  for (size_t i = 0; i < kAhead; ++i) {
    state_[i] = state_[i + kShift] ^ twist(state_[i], state_[i + 1]);
  }
  for (size_t i = kAhead; i < kWords - 1; ++i) {
    state_[i] = state_[i - kAhead] ^ twist(state_[i], state_[i + 1]);
  }
  state_[kWords - 1] = state_[kShift - 1] ^ twist(state_[kWords - 1], state_[0]);
  for (size_t i = 0; i < kWords; ++i) words_[i] = temper(state_[i]);
  next_ = 0;
}

uint64_t Random::bits(int count) {
  assert(count >= 0 && count <= 64);
  if (count == 0) return 0;
  if (count <= 32) return word() >> (32 - count);
  const uint64_t low = word();
  const uint64_t high = word() >> (64 - count);
  return high << 32 | low;
}

int64_t Random::below(int64_t n) {
  assert(n > 0);
  const int width = std::bit_width(static_cast<uint64_t>(n));  // of n, not n - 1: as CPython
  uint64_t drawn = bits(width);
  while (drawn >= static_cast<uint64_t>(n)) drawn = bits(width);
  return static_cast<int64_t>(drawn);
}

std::vector<int64_t> Random::choices(int64_t n, int64_t count) {
  std::vector<int64_t> result(count);
  for (int64_t& index : result) index = choice(n);
  return result;
}

std::vector<int64_t> Random::sample(int64_t n, int64_t count) {
  assert(0 <= count && count <= n);
  std::vector<int64_t> result(count);
  if (n <= largest_copied_pool(count)) {
    std::vector<int64_t> pool(n);
    std::iota(pool.begin(), pool.end(), 0);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t taken = below(n - i);
      result[i] = pool[taken];
      pool[taken] = pool[n - i - 1];
    }
    return result;
  }
  std::unordered_set<int64_t> taken;
  for (int64_t& index : result) {
    do {
      index = below(n);
    } while (!taken.insert(index).second);
  }
  return result;
}

}  // namespace e2lm
