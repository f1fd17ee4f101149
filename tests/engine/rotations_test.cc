#include "engine/rotations.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/golden_model.h"

namespace e2lm {
namespace {

RopeConfig config_of(const Json& json) {
  RopeConfig rope{.theta = json["rope_theta"]};
  if (json["rope_type"] == "default") return rope;
  rope.factor = json["factor"];
  rope.low_freq_factor = json["low_freq_factor"];
  rope.high_freq_factor = json["high_freq_factor"];
  rope.original_positions = json["original_max_position_embeddings"];
  return rope;
}

// Positions multiply what is wrong with a frequency, so it is to be transformers' own number. Its
// power function is off by the last bit now and then.
TEST(Rotations, FrequenciesAreThoseOfTransformers) {
  const Path file = source_dir() / "tests/golden/models/rope_frequencies.json";
  const Json golden = parse_json(read_file(file), file.string());
  int count = 0, different = 0;
  for (const Json& one : golden["cases"]) {
    const auto frequencies =
        rope_frequencies(config_of(one["rope_parameters"]), one["head_dim"].get<int64_t>());
    ASSERT_EQ(frequencies.size(), one["inv_freq"].size());
    for (size_t i = 0; i < frequencies.size(); ++i, ++count) {
      const auto expected = one["inv_freq"][i].get<float>();
      different += frequencies[i] != expected;
      const float next = std::nextafter(expected, 2.0F) - expected;
      EXPECT_NEAR(frequencies[i], expected, next) << one["rope_parameters"] << ", " << i;
    }
  }
  EXPECT_GT(count, 300);
  EXPECT_LE(different, 3);
}

}  // namespace
}  // namespace e2lm
