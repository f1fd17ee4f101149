#include "scoring/statistics/distribution.h"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cassert>
#include <cmath>

namespace e2lm {
namespace {

boost::math::binomial coin(int64_t tosses) {
  return {static_cast<double>(tosses), 0.5};
}

}  // namespace

double normal_quantile(double p) {
  assert(p > 0 && p < 1);
  return boost::math::quantile(boost::math::normal(), p);
}

double student_cdf(double t, double degrees) {
  if (std::isinf(t)) return t > 0 ? 1 : 0;
  return boost::math::cdf(boost::math::students_t(degrees), t);
}

double student_quantile(double p, double degrees) {
  assert(p > 0 && p < 1);
  return boost::math::quantile(boost::math::students_t(degrees), p);
}

double coin_mass(int64_t heads, int64_t tosses) {
  assert(heads >= 0 && heads <= tosses);
  return tosses == 0 ? 1 : boost::math::pdf(coin(tosses), static_cast<double>(heads));
}

double coin_cdf(int64_t heads, int64_t tosses) {
  assert(heads >= 0 && heads <= tosses);
  return heads == tosses ? 1 : boost::math::cdf(coin(tosses), static_cast<double>(heads));
}

}  // namespace e2lm
