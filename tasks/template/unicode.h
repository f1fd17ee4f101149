#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace e2lm::jinja {

// Characters as Python's str knows them: code points, with the properties of Unicode 14 (CPython
// 3.11, with which the reference texts were made) whatever newer version ICU has.
//
// Texts are UTF-8 and valid: templates are checked when parsed, documents by the JSON reader.

// The code point at byte `at`, which moves past it. REQUIRES: at < text.size().
char32_t next_character(std::string_view text, size_t& at);
void append_character(std::string& text, char32_t c);
std::u32string to_characters(std::string_view text);
std::string to_utf8(std::u32string_view characters);

// The byte where character `index` starts; the size of the text when it has fewer.
size_t character_offset(std::string_view text, size_t index);

bool is_space(char32_t c);       // str.isspace: what strip() removes and split() splits at
bool is_line_break(char32_t c);  // what splitlines() splits at
bool is_printable(char32_t c);   // what repr() shows as it is
bool is_digit(char32_t c);       // str.isdigit
bool is_letter(char32_t c);      // str.isalpha
bool is_word(char32_t c);        // \w of a regular expression
bool is_cased(char32_t c);
bool is_lower(char32_t c);
bool is_upper(char32_t c);
bool is_titlecase(char32_t c);  // the ǅ that is neither
bool starts_name(char32_t c);
bool continues_name(char32_t c);

// The digit's value if `c` is a decimal digit of any script.
std::optional<int> decimal_value(char32_t c);

// The character that \N{name} means.
std::optional<char32_t> named_character(const std::string& name);

// Full case mappings (ß → SS, final Σ → ς) as the methods of str.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
std::string to_title(std::string_view text);        // each run of letters: Title, Then Lower
std::string to_capitalized(std::string_view text);  // the first character, the rest lower

}  // namespace e2lm::jinja
