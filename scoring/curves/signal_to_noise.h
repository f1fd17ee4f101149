#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "scoring/curves/curve.h"

namespace e2lm {

// Mean and population standard deviation; a deviation that is rounding of equal values is 0.
struct Spread {
  double mean = 0;
  double deviation = 0;
};

// REQUIRES: at least one value.
Spread spread_of(std::span<const double> values);

// Signal and noise of a benchmark (Heineman et al. 2025, "Signal and Noise", arXiv:2508.13144): do
// models differ by more than one model wavers from checkpoint to checkpoint? Over the last k
// checkpoints that all models have; m_j is model j's mean over these, s_j its population standard
// deviation.
//
//   noise_j        s_j / m_j
//   signal         (max m_j - min m_j) / mean of all m_j
//   snr_j          signal / noise_j
//   snr_mean_noise signal / mean of all noise_j
//   snr_pooled     signal / (population standard deviation of all models' scores together / their
//                  mean): the form of the authors' script for small models; it puts the signal into
//                  the noise, so the two forms do not compare
//
// Means enter by their size, so that the ratios of margins, which may be negative, are not. Ratios
// by zero are absent, as is all of it for fewer than two models or checkpoints.
struct SignalToNoise {
  std::vector<int64_t> last_steps;
  std::vector<double> mean_last;             // [models]
  std::vector<std::optional<double>> noise;  // [models]
  std::vector<std::optional<double>> snr;    // [models]
  std::optional<double> signal, snr_mean_noise, snr_pooled;
};
inline constexpr int64_t kLastCheckpoints = 5;

// REQUIRES: the curves have the same steps.
SignalToNoise signal_to_noise(std::span<const Curve> models, int64_t last = kLastCheckpoints);

// How a curve moves, as their repository measures it.
struct Variation {
  std::optional<double> monotonicity;  // (rises - falls) / (rises + falls); absent without either
  std::optional<double> total_variation;  // mean size of a step from a checkpoint to the next
  std::optional<double> normalised;       // that / (max - min)
  std::optional<double> improvement;      // (last - first) / n
};

// Absent for fewer than two points.
Variation variation(std::span<const double> values);

}  // namespace e2lm
