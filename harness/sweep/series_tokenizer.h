#pragma once

#include <map>

#include "base/error.h"
#include "base/file_stamp.h"
#include "harness/manifest/manifest.h"

namespace e2lm {

// Where a checkpoint's tokenizer lies: in its own folder, or above it on the hub; empty if nowhere.
Path tokenizer_path(const CheckpointRef& ref);

// That of a series: named by the manifest, or the first of a checkpoint.
Path tokenizer_path(const Series& series);

Error no_tokenizer(const Series& series);  // that it has none, and where it could be

[[noreturn]] void fail_without_tokenizer(const Series& series);

// What would change if one of its files were written again. Throws Error if one cannot be read.
std::map<Path, FileStamp> stamps_of_tokenizer(const Path& path);

}  // namespace e2lm
