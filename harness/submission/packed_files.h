#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/file.h"

// The files of an upload, read into memory under limits before anything of them is written: what an
// archive says about places on disk, links and owners therefore has no effect.

namespace e2lm::submission {

struct UnpackLimits {
  int64_t files = 10'000;
  int64_t bytes = int64_t{256} << 20;  // of all files together
  // Unpacked over packed bytes, once there are more than `free_bytes`: text packs to a tenth, a
  // bomb to a thousandth.
  int64_t ratio = 200;
  int64_t free_bytes = 1 << 20;
};

// Contents by path; every path is safe (safe_path.h) and none is the folder of another.
using PackedFiles = std::map<Path, std::string>;

// Reads a zip archive or a tar one (also gzipped). Folders count as nothing; what a Mac adds
// (__MACOSX, .DS_Store) is passed over. Throws Error naming archive and entry for an unsafe or
// repeated path, a link, device, encrypted or damaged entry, and where a limit is passed.
PackedFiles read_archive(const Path& archive, const UnpackLimits& limits = {});

// The same of a folder. Links in it are refused, not followed.
PackedFiles read_folder(const Path& folder, const UnpackLimits& limits = {});

// Throws Error naming `where` if a path is both a file and the folder of another.
void check_folders(const PackedFiles& files, std::string_view where);

// Throws Error if a file that is itself gzipped unpacks beyond the limits.
void check_gzipped(const PackedFiles& files, const UnpackLimits& limits = {});

// Writes the files below `folder`. REQUIRES: the folder is the caller's alone and holds no links.
void write_files(const PackedFiles& files, const Path& folder);

}  // namespace e2lm::submission
