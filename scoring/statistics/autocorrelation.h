#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace e2lm {

// The mean over lags l = 1 .. lags of |pearson(y[l..], y[..n-l])|, for n values y; absent without
// lags, or where one of the correlations is. In O(n lags), one product a value: the sums of a
// stretch are differences of running sums.
// REQUIRES: lags < n, every value is finite.
std::optional<double> mean_autocorrelation(std::span<const double> values, int64_t lags);

}  // namespace e2lm
