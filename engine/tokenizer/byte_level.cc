#include "engine/tokenizer/byte_level.h"

#include <array>

#include "engine/tokenizer/unicode.h"

namespace e2lm {
namespace {

constexpr int kBytes = 256;

constexpr bool stands_for_itself(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xFF && byte != 0xAD);
}

constexpr std::array<char32_t, kBytes> make_symbols() {
  std::array<char32_t, kBytes> symbols = {};
  char32_t next = kBytes;
  for (int byte = 0; byte < kBytes; ++byte) {
    symbols[byte] = stands_for_itself(byte) ? static_cast<char32_t>(byte) : next++;
  }
  return symbols;
}

constexpr std::array<char32_t, kBytes> kSymbols = make_symbols();
constexpr char32_t kSymbolsEnd = 0x144;  // behind the last symbol

// By symbol; -1 where the character is none.
constexpr std::array<int, kSymbolsEnd> make_bytes() {
  std::array<int, kSymbolsEnd> bytes = {};
  bytes.fill(-1);
  for (int byte = 0; byte < kBytes; ++byte) bytes[kSymbols[byte]] = byte;
  return bytes;
}

constexpr std::array<int, kSymbolsEnd> kByteOfSymbol = make_bytes();

}  // namespace

void append_symbols(std::string& symbols, std::string_view bytes) {
  for (const char byte : bytes) append_utf8(symbols, kSymbols[static_cast<unsigned char>(byte)]);
}

std::optional<std::string> symbols_to_bytes(std::string_view symbols) {
  std::string bytes;
  for (size_t at = 0; at < symbols.size();) {
    const char32_t symbol = decode_utf8(symbols, at);
    if (symbol >= kSymbolsEnd || kByteOfSymbol[symbol] < 0) return std::nullopt;
    bytes += static_cast<char>(kByteOfSymbol[symbol]);
  }
  return bytes;
}

}  // namespace e2lm
