#include <fmt/format.h>

#include "base/error.h"
#include "engine/families/falcon_h1.h"
#include "engine/families/llama.h"

namespace e2lm {
namespace {

constexpr Family kFamilies[] = {
    {"falcon_h1", bind_falcon_h1},
    {"llama", bind_llama},
};

// What transformers would follow whatever the family.
void expect_plain_weights(const ConfigReader& config) {
  if (config.has("quantization_config")) {
    config.fail("quantization_config", "is not supported", "weights to be used as they are stored");
  }
  if (config.has("transformers_weights")) {
    config.fail("transformers_weights", "is not supported",
                fmt::format("weights in {} or {}", kWeightsFile, kWeightsIndex));
  }
}

}  // namespace

std::span<const Family> families() {
  return kFamilies;
}

const Family& family_of(const Checkpoint& checkpoint) {
  const ConfigReader config(checkpoint);
  expect_plain_weights(config);
  const std::string type = config.text("model_type");
  std::string known;
  for (const Family& family : kFamilies) {
    if (family.model_type == type) return family;
    known += fmt::format("{}'{}'", known.empty() ? "" : " or ", family.model_type);
  }
  config.fail("model_type", fmt::format("'{}' is not supported", type), known);
}

}  // namespace e2lm
