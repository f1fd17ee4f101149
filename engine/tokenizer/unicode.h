#pragma once

#include <string>
#include <string_view>

namespace e2lm {

// Characters as the original library knows them. Its parts carry tables of different ages of
// Unicode, so "punctuation" or "normal form" mean what they meant in that age; every rule here was
// compared with the original over all code points (tests: characters.json).
//
// All other functions REQUIRE valid UTF-8 and code points as decode_utf8 gives them.

// Throws Error naming the first byte that is not UTF-8.
void require_utf8(std::string_view text);

// The character that begins at `at`, which is moved behind it.
char32_t decode_utf8(std::string_view text, size_t& at);
char32_t last_character(std::string_view text);  // REQUIRES: not empty
void append_utf8(std::string& text, char32_t character);

bool is_white_space(char32_t character);   // the property White_Space, \s in the patterns
bool is_python_space(char32_t character);  // str.isspace(): also U+001C to U+001F
bool is_numeric(char32_t character);       // any number: ² ½ Ⅷ ١ count
bool is_punctuation(char32_t character);   // ASCII punctuation, and category P in Unicode 8
bool is_word(char32_t character);  // \w: letters, marks, decimal digits, connectors, joiners

// Each character on its own: no final sigma, no language.
std::string lowercase(std::string_view text);

enum class NormalForm { nfc, nfd, nfkc, nfkd };  // of Unicode 9
std::string normalize(std::string_view text, NormalForm form);

}  // namespace e2lm
