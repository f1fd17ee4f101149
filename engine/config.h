#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "engine/checkpoint.h"

namespace e2lm {

// Reads config.json strictly where a wrong value would change results: a key that is missing, has
// another type or an impossible value is an Error naming the file and the key. Keys nobody asks for
// are left alone; real files carry many.
class ConfigReader {
 public:
  explicit ConfigReader(const Checkpoint& checkpoint);

  bool has(std::string_view key) const;          // present and not null
  const Json& item(std::string_view key) const;  // REQUIRED to be there

  int64_t size(std::string_view key) const;  // a positive whole number below 2^31
  int64_t size(std::string_view key, int64_t fallback) const;
  double number(std::string_view key) const;
  double number(std::string_view key, double fallback) const;
  double positive(std::string_view key) const;  // a number above 0
  double positive(std::string_view key, double fallback) const;
  bool flag(std::string_view key, bool fallback) const;  // null only where that is false
  std::string text(std::string_view key) const;
  std::string text(std::string_view key, std::string_view fallback) const;
  std::vector<double> numbers(std::string_view key, size_t count) const;

  // A [low, high] pair whose ends may be infinite: Infinity, 1e999, null and
  // {"__float__": "Infinity"} are all spellings of "no upper limit".
  std::pair<double, double> limits(std::string_view key, double low, double high) const;

  // Throws unless `value` is among those the engine knows.
  void expect(std::string_view key, const std::string& value,
              std::initializer_list<std::string_view> known) const;

  [[noreturn]] void fail(std::string_view key, std::string_view what,
                         std::string_view expected = {}) const;

  // A view of the object under `key`, whose messages show the whole key path.
  ConfigReader section(std::string_view key) const;

 private:
  ConfigReader(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}
  double finite(std::string_view key, const Json& value) const;

  const Json& json_;
  std::string where_;
};

// The longest input the model was made for: `n_positions`, which lm-evaluation-harness asks for
// first, else `max_position_embeddings`.
int64_t read_max_positions(const ConfigReader& config);

// Rotary position embedding: how fast each pair of a head's components turns.
struct RopeConfig {
  double theta = 10000.0;
  // Llama 3's rescaling of slow components; factor 1 means none.
  double factor = 1.0;
  double low_freq_factor = 1.0;
  double high_freq_factor = 4.0;
  double original_positions = 8192.0;
};

// Reads both spellings: `rope_theta` with `rope_scaling` (transformers 4) and `rope_parameters`
// (transformers 5). A rope type other than default and llama3 is an Error, and so is a rotation of
// part of a head, or a key inside and outside of these with two values.
RopeConfig read_rope(const ConfigReader& config);

// Radians per position of each rotated pair [P/2], in float32 as transformers has them:
// theta^(-2i/P), for llama3 rescaled.
std::vector<float> rope_frequencies(const RopeConfig& rope, int64_t head_width);

}  // namespace e2lm
