#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace e2lm {

// Means of `draws` resamplings of the values with repetition, sorted. Each draw has a random stream
// of its own, so that the number of threads changes nothing. REQUIRES: at least one value, fewer
// than 2^32.
std::vector<double> resampled_means(std::span<const double> values, int64_t draws, uint64_t seed,
                                    int threads = 1);

}  // namespace e2lm
