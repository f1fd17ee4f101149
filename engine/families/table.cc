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

}  // namespace

std::span<const Family> families() {
  return kFamilies;
}

const Family& family_of(const Checkpoint& checkpoint) {
  const ConfigReader config(checkpoint);
  const std::string type = config.text("model_type");
  std::string known;
  for (const Family& family : kFamilies) {
    if (family.model_type == type) return family;
    known += fmt::format("{}'{}'", known.empty() ? "" : " or ", family.model_type);
  }
  config.fail("model_type", fmt::format("'{}' is not supported", type), known);
}

}  // namespace e2lm
