#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace e2lm::submission {

using Words = std::vector<std::string>;

// A text as the checks compare it: runs of letters and digits in lower case, and the signs that
// change what is said (+ - / % ^ * = < > $ # & and every one outside of ASCII) one by one. White
// space and punctuation only part them, except a point or comma between digits: "3.14" is one word.
// Bytes that are no UTF-8 part words too.
Words words_of(std::string_view text);

// Whether the words of `part` stand in `whole` one after another. REQUIRES: part is not empty.
bool contains(const Words& whole, std::span<const std::string> part);

// A number for a word, the same on every machine; of two words almost surely two numbers.
uint64_t word_hash(std::string_view word);

}  // namespace e2lm::submission
