#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace e2lm {

// A stream of random numbers, one of 2^64 that a seed has: each draw of a bootstrap takes its own,
// so that draws can be made in any order by any number of threads and stay the same. The generator
// is SplitMix64 (Steele, Lea and Flood 2014); the standard library's distributions differ between
// its versions, so ours are here.
class RandomStream {
 public:
  explicit RandomStream(uint64_t seed, uint64_t stream = 0) : state_(mix(seed + mix(stream))) {}

  uint64_t word() { return mix(state_ += kStep); }

  // In (0, 1).
  double uniform() { return (static_cast<double>(word() >> 11) + 0.5) * 0x1p-53; }

  // In [0, count); a number's chance is off by less than count / 2^32 of itself.
  // REQUIRES: 0 < count < 2^32.
  uint32_t below(uint32_t count) {
    return static_cast<uint32_t>(((word() >> 32) * static_cast<uint64_t>(count)) >> 32);
  }

  // Standard normal, by Box and Muller, two at a time.
  double normal() {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    const double radius = std::sqrt(-2.0 * std::log(uniform()));
    const double angle = 2.0 * std::numbers::pi * uniform();
    spare_ = radius * std::sin(angle);
    has_spare_ = true;
    return radius * std::cos(angle);
  }

 private:
  static constexpr uint64_t kStep = 0x9e3779b97f4a7c15;

  static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  uint64_t state_;
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace e2lm
