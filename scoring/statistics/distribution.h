#pragma once

#include <cstdint>

// The distributions that tests and intervals need (Boost.Math).
namespace e2lm {

// The z below which a standard normal value falls with chance p. REQUIRES: 0 < p < 1.
double normal_quantile(double p);

// The chance that Student's t is at most `t`. REQUIRES: degrees > 0, not necessarily whole; t may
// be infinite.
double student_cdf(double t, double degrees);

// The t below which Student's t falls with chance p. REQUIRES: 0 < p < 1, degrees > 0.
double student_quantile(double p, double degrees);

// The chance of exactly, and of at most, so many heads in so many tosses of a fair coin.
// REQUIRES: 0 <= heads <= tosses.
double coin_mass(int64_t heads, int64_t tosses);
double coin_cdf(int64_t heads, int64_t tosses);

}  // namespace e2lm
