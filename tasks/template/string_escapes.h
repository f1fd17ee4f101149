#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tasks/template/source.h"

namespace e2lm::jinja {

// Decodes what stands between the quotes of a Python string: \n, \x41, \u00e9, \U0001f600, \101,
// \N{BULLET}, a backslash before a line break. An unknown escape stays as it is written.
// `start` is where `raw` stands in the source, for messages. Fails on a broken escape and on a
// surrogate, which UTF-8 cannot hold.
std::string decode_escapes(const Source& source, size_t start, std::string_view raw);

}  // namespace e2lm::jinja
