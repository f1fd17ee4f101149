#include "engine/tokenizer/byte_level.h"

#include <gtest/gtest.h>

namespace e2lm {
namespace {

TEST(ByteLevelTest, SpellsBytesAsGpt2Does) {
  std::string symbols;
  append_symbols(symbols, "a b\n\x7F\xA0\xAD\xFFé");
  EXPECT_EQ(symbols, "aĠbĊġłŃÿÃ©");
}

TEST(ByteLevelTest, EveryByteHasASymbolOfItsOwn) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  std::string symbols;
  append_symbols(symbols, bytes);
  EXPECT_EQ(symbols_to_bytes(symbols), bytes);
}

TEST(ByteLevelTest, OtherCharactersAreNoSymbols) {
  EXPECT_EQ(symbols_to_bytes("a b"), std::nullopt);       // a space is spelled Ġ
  EXPECT_EQ(symbols_to_bytes("a\u00adb"), std::nullopt);  // so is the soft hyphen
  EXPECT_EQ(symbols_to_bytes("\u0144"), std::nullopt);
  EXPECT_EQ(symbols_to_bytes("日"), std::nullopt);
  EXPECT_EQ(symbols_to_bytes(""), "");
}

}  // namespace
}  // namespace e2lm
