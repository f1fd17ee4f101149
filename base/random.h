#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace e2lm {

// CPython's random.Random seeded by an integer: the same stream of numbers, draw for draw. Few-shot
// examples and bootstrap standard errors of lm-evaluation-harness depend on it.
//
// The generator is MT19937 (Matsumoto and Nishimura 1998) seeded through init_by_array with the
// 32-bit words of |seed|, least significant first; what is drawn from it follows CPython 3.11's
// Lib/random.py and Modules/_randommodule.c. It is our own and not std::mt19937, which cannot be
// seeded so, and takes three times as long: a bootstrap draws 1e9 words.
class Random {
 public:
  static constexpr size_t kWords = 624;  // of the generator's state

  explicit Random(int64_t seed);

  uint32_t word() {  // the next 32 bits
    if (next_ == kWords) refill();
    return words_[next_++];
  }

  // getrandbits(count). REQUIRES: 0 <= count <= 64.
  uint64_t bits(int count);

  // random(): 53 random bits, in [0, 1).
  double uniform() {
    const uint32_t high = word() >> 5;
    const uint32_t low = word() >> 6;
    return (high * 67108864.0 + low) * (1.0 / 9007199254740992.0);
  }

  // The index that choices() takes: floor(random() * n). REQUIRES: n > 0.
  int64_t choice(int64_t n) { return static_cast<int64_t>(uniform() * static_cast<double>(n)); }

  // A number in [0, n) as randrange(n), shuffle() and sample() draw it. REQUIRES: n > 0.
  int64_t below(int64_t n);

  // The indices that choices(range(n), k=count) takes, with repetition. REQUIRES: n > 0.
  std::vector<int64_t> choices(int64_t n, int64_t count);

  // The indices that sample(range(n), count) takes, without repetition, in the order drawn.
  // REQUIRES: 0 <= count <= n.
  std::vector<int64_t> sample(int64_t n, int64_t count);

 private:
  void refill();

  std::array<uint32_t, kWords> state_;
  std::array<uint32_t, kWords> words_;  // what the state gives, next_ of them drawn
  size_t next_ = kWords;
};

}  // namespace e2lm
