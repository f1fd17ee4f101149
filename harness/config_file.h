#pragma once

#include <string>
#include <vector>

#include "base/file.h"

namespace e2lm {

// The flags that a YAML file holds, as words of a command line: a key is an option's name, `true` a
// switch, a list "a,b", a mapping "k=v,k=v" (`samples` and `metadata`: its JSON); `false`, null and
// what is empty are as if the key were not there. Throws Error naming file and line.
std::vector<std::string> config_words(const Path& path);

}  // namespace e2lm
