#include "scoring/curves/signal.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/json.h"
#include "tests/support/places.h"

namespace e2lm {
namespace {

constexpr double kTolerance = 1e-9;  // sums in another order

const std::vector<std::pair<std::string, TieRule>> kRules = {{"stable", TieRule::stable},
                                                             {"reversed", TieRule::reversed},
                                                             {"average_d2", TieRule::average_d2},
                                                             {"average", TieRule::average_pearson}};

void expect_value(const Json& expected, const std::optional<double>& value,
                  const std::string& what) {
  ASSERT_EQ(value.has_value(), expected.is_number()) << what;
  if (!value) return;
  EXPECT_NEAR(*value, expected.get<double>(), kTolerance) << what;
}

TEST(SignalTest, EqualsNumpyOnMadeCurves) {
  const Path path = source_dir() / "tests/golden/scoring/signal_quality.json";
  const Json golden = parse_json(read_file(path), path.string());
  for (const Json& entry : golden["cases"]) {
    const auto values = entry["values"].get<std::vector<double>>();
    for (const auto& [name, rule] : kRules) {
      const std::string what =
          entry["kind"].get<std::string>() + " of " + std::to_string(values.size()) + ", " + name;
      const SignalQuality result = signal_quality(values, rule);
      EXPECT_EQ(result.lags, entry["lags"].get<int64_t>()) << what;
      expect_value(entry[name]["rho"], result.rho, what + " rho");
      expect_value(entry[name]["autocorrelation"], result.autocorrelation, what + " autocorr");
      expect_value(entry[name]["quality"], result.quality, what + " quality");
    }
  }
}

// The competition's own curves and the values its site and notebook print.
TEST(SignalTest, EqualsTheCompetitionsPublishedValues) {
  const Path shared = source_dir() / "../shared";
  const Path golden_path = shared / "golden/e2lm_scores.json";
  if (!std::filesystem::exists(golden_path)) {
    GTEST_SKIP() << "the competition's curves are not beside this checkout";
  }
  const Json golden = parse_json(read_file(golden_path), golden_path.string());
  const Path curves_path = shared / "data/e2lm/curves.json";
  const Json curves = parse_json(read_file(curves_path), curves_path.string());
  int compared = 0;
  for (const auto& [task, models] : golden["scores"].items()) {
    for (const auto& [model, expected] : models.items()) {
      const Json& data = curves["data"][model];
      std::vector<double> values;
      for (size_t i = 0; i < data["iteration"].size(); ++i) {
        const bool on_grid = data["iteration"][i].get<int64_t>() % 4000 == 0 &&
                             data["gtokens"][i].get<double>() <= 206.0;
        if (on_grid) values.push_back(data[task][i]);
      }
      const std::string what = task + " " + model;
      const SignalQuality result = signal_quality(values);
      EXPECT_EQ(result.n, expected["n"].get<int64_t>()) << what;
      expect_value(expected["rho"], result.rho, what);
      expect_value(expected["mono"], result.monotonicity, what);
      expect_value(expected["autocorr"], result.autocorrelation, what);
      expect_value(expected["sq"], result.quality, what);
      const Json& ties = expected["ties"];
      expect_value(ties["min"]["sq"], result.quality_min, what);
      expect_value(ties["max"]["sq"], result.quality_max, what);
      EXPECT_EQ(result.tied_points, ties["tied_points"].get<int64_t>()) << what;
      expect_value(ties["reversed"]["sq"], signal_quality(values, TieRule::reversed).quality, what);
      expect_value(ties["average_d2"]["sq"], signal_quality(values, TieRule::average_d2).quality,
                   what);
      expect_value(ties["average_pearson"]["sq"],
                   signal_quality(values, TieRule::average_pearson).quality, what);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 144);
}

TEST(SignalTest, TieBoundsHoldOverEveryOrder) {
  // Two pairs of equal scores: four orders, tried by nudging the scores apart.
  const std::vector<double> values = {0.1, 0.2, 0.2, 0.1, 0.4, 0.5, 0.6, 0.7};
  const SignalQuality result = signal_quality(values);
  EXPECT_EQ(result.tied_points, 4);
  for (int order = 0; order < 4; ++order) {
    std::vector<double> nudged = values;
    nudged[order & 1 ? 1 : 2] += 1e-9;
    nudged[order & 2 ? 0 : 3] += 1e-9;
    const double rho = *signal_quality(nudged).rho;
    const double quality = (std::max(rho, 0.0) + *result.autocorrelation) / 2;
    EXPECT_GE(quality, *result.quality_min - kTolerance);
    EXPECT_LE(quality, *result.quality_max + kTolerance);
  }
  EXPECT_LT(*result.quality_min, *result.quality_max);
}

}  // namespace
}  // namespace e2lm
