#pragma once

#include <map>

#include "base/file_stamp.h"
#include "harness/manifest/manifest.h"

namespace e2lm {

// Where a series' tokenizer lies: named by the manifest, or in a checkpoint's own folder; empty if
// nowhere.
Path tokenizer_path(const Series& series);

[[noreturn]] void fail_without_tokenizer(const Series& series);

// What would change if one of its files were written again. Throws Error if one cannot be read.
std::map<Path, FileStamp> stamps_of_tokenizer(const Path& path);

}  // namespace e2lm
