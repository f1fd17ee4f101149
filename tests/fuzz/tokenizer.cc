#include "engine/tokenizer/tokenizer.h"

#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace e2lm::fuzz {

// Words, digits, white space, accents composed and apart, emoji with a modifier, three scripts.
constexpr std::string_view kText =
    "Hello  world, it's 1234.5\n\n\tna\xC3\xAFve e\xCC\x81 <s> \xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD "
    "\xD0\x96\xD0\xB6 \xE4\xB8\xAD\xE6\x96\x87 \xEF\xAC\x81";

void tokenizer(std::string_view input) {
  const auto [json, text] = cut(input, "=== text");
  const Path path = put("tokenizer.json", json);
  allow_errors([&, text = text] {
    const Tokenizer read = Tokenizer::read(path);
    for (const std::string_view each : {kText, text}) {
      allow_errors([&] { read.encode(each, SpecialTokens::omit); });
      allow_errors([&] { read.encode(each, SpecialTokens::add_once); });
    }
  });
}

}  // namespace e2lm::fuzz
