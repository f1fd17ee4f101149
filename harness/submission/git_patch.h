#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

// A patch as `git diff` writes it, with or without --binary, --no-prefix and mnemonic prefixes:
//
//   diff --git a/OLD b/NEW
//   [old mode M, new mode M | new file mode M | deleted file mode M]
//   [similarity index N% and rename from/to P | copy from/to P]
//   [index HASH..HASH [M]]
//   [--- a/OLD | /dev/null   +++ b/NEW | /dev/null   @@ -start,count +start,count @@ hunks]
//   [GIT binary patch   literal N, base-85 of zlib's format]   [Binary files .. differ]
//
// Text before the first file and git's signature at the end are passed over. A patch whose every
// line ends in CR LF was converted as a whole and is read without the CRs. Rule for damage: any
// line that does not fit, a hunk with too few or too many lines, an unsafe path, a file twice, a
// link or a submodule is an Error with the line's number.

namespace e2lm::submission {

struct PatchedFile {
  enum class Kind { added, modified, deleted, renamed, copied };

  Kind kind = Kind::modified;
  Path path;      // after the patch; of a deleted file before it
  Path old_path;  // of a renamed or copied one
  bool binary = false;
  bool has_content = false;  // false: a binary file whose bytes the patch does not hold
  std::string content;       // of an added one
  int64_t lines_added = 0, lines_removed = 0;
  int64_t line = 0;  // where in the patch it begins
};

// `where` is the patch's path. Throws Error also if there is no file in it.
std::vector<PatchedFile> read_git_patch(std::string_view text, std::string_view where);

}  // namespace e2lm::submission
