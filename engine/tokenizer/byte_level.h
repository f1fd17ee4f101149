#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace e2lm {

// Byte-level vocabularies spell every byte as one printable character, GPT-2's table: a byte that
// is printable in Latin-1 stands for itself, the 68 others become U+0100, U+0101, … in order. The
// space is Ġ (U+0120), the line feed Ċ (U+010A).

// Appends the characters that spell the bytes.
void append_symbols(std::string& symbols, std::string_view bytes);

// The bytes that the characters spell; none if one of them is not in the table.
// REQUIRES: valid UTF-8.
std::optional<std::string> symbols_to_bytes(std::string_view symbols);

// How GPT-2 cuts text into words, the rule built into ByteLevel.
inline constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

}  // namespace e2lm
