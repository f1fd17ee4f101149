#include "engine/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace e2lm {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

ConfigReader::ConfigReader(const Checkpoint& checkpoint)
    : ConfigReader(checkpoint.config(), (checkpoint.folder() / "config.json").string()) {}

void ConfigReader::fail(std::string_view key, std::string_view what,
                        std::string_view expected) const {
  throw Error(fmt::format("{}: {}", where_, key), what, expected);
}

bool ConfigReader::has(std::string_view key) const {
  const auto found = json_.find(key);
  return found != json_.end() && !found->is_null();
}

const Json& ConfigReader::item(std::string_view key) const {
  if (!has(key)) fail(key, "is missing");
  return *json_.find(key);
}

double ConfigReader::finite(std::string_view key, const Json& value) const {
  if (!value.is_number()) fail(key, "is " + value.dump(), "a finite number");
  return value.get<double>();
}

int64_t ConfigReader::size(std::string_view key) const {
  const Json& value = item(key);
  const int64_t size = value.is_number_integer() ? value.get<int64_t>() : 0;
  if (size <= 0 || size > std::numeric_limits<int32_t>::max()) {
    fail(key, "is " + value.dump(), "a positive whole number");
  }
  return size;
}

int64_t ConfigReader::size(std::string_view key, int64_t fallback) const {
  return has(key) ? size(key) : fallback;
}

double ConfigReader::number(std::string_view key) const {
  return finite(key, item(key));
}

double ConfigReader::number(std::string_view key, double fallback) const {
  return has(key) ? number(key) : fallback;
}

double ConfigReader::positive(std::string_view key) const {
  const double value = number(key);
  if (value <= 0) fail(key, "is " + item(key).dump(), "a number above 0");
  return value;
}

double ConfigReader::positive(std::string_view key, double fallback) const {
  return has(key) ? positive(key) : fallback;
}

bool ConfigReader::flag(std::string_view key, bool fallback) const {
  const auto found = json_.find(key);
  if (found != json_.end() && found->is_null() && fallback) {  // Python's None counts as false
    fail(key, "is null", "true or false");
  }
  if (!has(key)) return fallback;
  if (!item(key).is_boolean()) fail(key, "is " + item(key).dump(), "true or false");
  return item(key).get<bool>();
}

std::string ConfigReader::text(std::string_view key) const {
  if (!item(key).is_string()) fail(key, "is " + item(key).dump(), "a string");
  return item(key).get<std::string>();
}

std::string ConfigReader::text(std::string_view key, std::string_view fallback) const {
  return has(key) ? text(key) : std::string(fallback);
}

std::vector<double> ConfigReader::numbers(std::string_view key, size_t count) const {
  const Json& list = item(key);
  if (!list.is_array() || list.size() != count) {
    fail(key, "is " + list.dump(), fmt::format("a list of {} numbers", count));
  }
  std::vector<double> values;
  for (const Json& item : list) values.push_back(finite(key, item));
  return values;
}

std::pair<double, double> ConfigReader::limits(std::string_view key, double low,
                                               double high) const {
  if (!has(key)) return {low, high};
  const Json& list = item(key);
  if (!list.is_array() || list.size() != 2) fail(key, "is " + list.dump(), "[low, high]");
  const auto bound = [&](const Json& item) {
    if (item.is_null()) return kInfinity;
    if (!item.is_object()) return finite(key, item);
    const std::string name = item.value("__float__", "");
    if (name == "Infinity") return kInfinity;
    if (name == "-Infinity") return -kInfinity;
    fail(key, "holds " + item.dump(), "a number or infinity");
  };
  const std::pair<double, double> range = {list[0].is_null() ? low : bound(list[0]),
                                           bound(list[1])};
  if (range.first > range.second) fail(key, "is " + list.dump(), "low <= high");
  return range;
}

void ConfigReader::expect(std::string_view key, const std::string& value,
                          std::initializer_list<std::string_view> known) const {
  if (std::find(known.begin(), known.end(), value) != known.end()) return;
  fail(key, fmt::format("'{}' is not supported", value),
       fmt::format("'{}'", fmt::join(known, "' or '")));
}

ConfigReader ConfigReader::section(std::string_view key) const {
  if (!item(key).is_object()) fail(key, "is " + item(key).dump(), "an object");
  return {item(key), fmt::format("{}: {}", where_, key)};
}

namespace {

// Where there are two, transformers takes the old one.
const char* rope_key(const ConfigReader& config) {
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    if (config.has(key) && !config.item(key).empty()) return key;
  }
  return nullptr;
}

void expect_whole_heads(const ConfigReader& config) {
  constexpr const char* kKey = "partial_rotary_factor";
  if (config.number(kKey, 1.0) != 1.0) config.fail(kKey, "is " + config.item(kKey).dump(), "1");
}

// Of a key that stands in both, transformers 4 and 5 take different ones.
void expect_same(const ConfigReader& config, const ConfigReader& section, std::string_view key) {
  if (!config.has(key) || !section.has(key) || config.item(key) == section.item(key)) return;
  section.fail(key, "is " + section.item(key).dump(),
               config.item(key).dump() + ", as outside of it");
}

}  // namespace

int64_t read_max_positions(const ConfigReader& config) {
  return config.size(config.has("n_positions") ? "n_positions" : "max_position_embeddings");
}

RopeConfig read_rope(const ConfigReader& config) {
  expect_whole_heads(config);
  RopeConfig rope;
  rope.theta = config.positive("rope_theta", rope.theta);
  const char* spelling = rope_key(config);
  if (!spelling) return rope;
  const ConfigReader section = config.section(spelling);
  expect_whole_heads(section);
  expect_same(config, section, "rope_theta");
  rope.theta = section.positive("rope_theta", rope.theta);
  const std::string key = section.has("rope_type") ? "rope_type" : "type";  // "type" before 4.43
  const std::string type = section.text(key, "default");
  section.expect(key, type, {"default", "llama3"});
  if (type == "default") {
    if (section.number("factor", 1.0) != 1.0) {
      section.fail("factor", "is " + section.item("factor").dump(), "a rope_type that has one");
    }
    return rope;
  }
  rope.factor = section.positive("factor");
  rope.low_freq_factor = section.positive("low_freq_factor");
  rope.high_freq_factor = section.positive("high_freq_factor");
  expect_same(config, section, "original_max_position_embeddings");
  rope.original_positions = section.positive("original_max_position_embeddings");
  if (rope.high_freq_factor <= rope.low_freq_factor) {
    section.fail("high_freq_factor", "is " + section.item("high_freq_factor").dump(),
                 "more than low_freq_factor, " + section.item("low_freq_factor").dump());
  }
  return rope;
}

namespace {

// Llama 3 (arXiv:2407.21783): components that turn less than low_freq_factor times within the
// original context are slowed by `factor`, fast ones are left alone, those between are blended.
float rescaled(float frequency, const RopeConfig& rope) {
  constexpr auto kTurn = static_cast<float>(2 * std::numbers::pi);
  const auto positions = static_cast<float>(rope.original_positions);
  const auto factor = static_cast<float>(rope.factor);
  const float wavelength = 1.0F / frequency * kTurn;
  const auto limit = [&](double turns) {
    return static_cast<float>(rope.original_positions / turns);
  };
  if (wavelength > limit(rope.low_freq_factor)) return frequency / factor;
  if (wavelength < limit(rope.high_freq_factor)) return frequency;
  const float blend = (1.0F / wavelength * positions - static_cast<float>(rope.low_freq_factor)) /
                      static_cast<float>(rope.high_freq_factor - rope.low_freq_factor);
  return (1 - blend) * frequency / factor + blend * frequency;
}

}  // namespace

// Every step is rounded to float32 as torch rounds it: an error of a frequency is multiplied by the
// position, and after 3,000 tokens that of the last bit is 3e-3 nats in sharp attention.
std::vector<float> rope_frequencies(const RopeConfig& rope, int64_t head_width) {
  const auto theta = static_cast<float>(rope.theta);
  std::vector<float> frequencies;
  for (int64_t i = 0; i < head_width; i += 2) {
    const float exponent = static_cast<float>(i) / static_cast<float>(head_width);
    const auto power = static_cast<float>(std::pow(double{theta}, double{exponent}));
    const float frequency = 1.0F / power;
    frequencies.push_back(rope.factor == 1.0 ? frequency : rescaled(frequency, rope));
  }
  return frequencies;
}

}  // namespace e2lm
