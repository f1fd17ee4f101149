#include "scoring/curves/outliers.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace e2lm {
namespace {

constexpr int64_t kReach = 2;  // neighbours on each side
constexpr double kDeviations = 5, kErrors = 4, kSteps = 3;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

class Search {
 public:
  explicit Search(const Curve& curve) : curve_(curve), n_(std::ssize(curve)) {
    std::vector<double> sizes;
    for (int64_t i = kReach; i < n_ - kReach; ++i) sizes.push_back(std::abs(distance(i)));
    // Of few points the median of distances says nothing.
    enough_ = std::ssize(sizes) >= kReach + 1;
    if (enough_) deviation_ = std::max(1.4826 * median(std::move(sizes)), deviation_of_steps());
  }

  std::vector<Outlier> run() const {
    std::vector<Outlier> found;
    if (!enough_) return found;
    for (int64_t i = kReach; i < n_ - kReach; ++i) {
      if (stands_out(i)) found.push_back({i, value(i) - distance(i)});
    }
    if (ends_apart()) found.push_back({n_ - 1, before_last()});
    return found;
  }

 private:
  double value(int64_t i) const { return curve_[i].value; }

  // Robust, of a single score: a step between two has √2 times that.
  double deviation_of_steps() const {
    std::vector<double> steps;
    for (int64_t i = 1; i < n_; ++i) steps.push_back(value(i) - value(i - 1));
    const double usual = median(steps);
    for (double& step : steps) step = std::abs(step - usual);
    return 1.4826 / std::numbers::sqrt2 * median(std::move(steps));
  }

  // From the median of the window around the point.
  double distance(int64_t i) const {
    std::vector<double> window;
    for (int64_t j = i - kReach; j <= i + kReach; ++j) window.push_back(value(j));
    return value(i) - median(std::move(window));
  }

  // The largest step between neighbours from `first` to `last`.
  double largest_step(int64_t first, int64_t last) const {
    double largest = 0;
    for (int64_t i = first + 1; i <= last; ++i) {
      largest = std::max(largest, std::abs(value(i) - value(i - 1)));
    }
    return largest;
  }

  bool far(double distance, int64_t i) const {
    return distance > kDeviations * deviation_ &&
           distance > kErrors * curve_[i].standard_error.value_or(0) && distance > 1e-12;
  }

  bool stands_out(int64_t i) const {
    const double size = std::abs(distance(i));
    const bool tip = (value(i) > value(i - 1)) == (value(i) > value(i + 1));
    const double step = std::max(largest_step(i - kReach, i - 1), largest_step(i + 1, i + kReach));
    return tip && far(size, i) && size > kSteps * step;
  }

  double before_last() const {
    return median({value(n_ - 2), value(n_ - 3), value(n_ - 4), value(n_ - 5)});
  }

  bool ends_apart() const {
    double lowest = value(n_ - 2);
    for (int64_t i = n_ - 5; i < n_ - 1; ++i) lowest = std::min(lowest, value(i));
    const double fall = lowest - value(n_ - 1);
    return far(fall, n_ - 1) && fall > kSteps * largest_step(n_ - 5, n_ - 2);
  }

  const Curve& curve_;
  int64_t n_;
  bool enough_ = false;
  double deviation_ = 0;
};

}  // namespace

std::vector<Outlier> find_outliers(const Curve& curve) {
  return Search(curve).run();
}

}  // namespace e2lm
