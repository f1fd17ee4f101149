#include "harness/submission/packed_files.h"

#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace e2lm::fuzz {

void archive(std::string_view file) {
  const submission::UnpackLimits limits = {
      .files = 100, .bytes = 1 << 20, .ratio = 20, .free_bytes = 1 << 16};
  const Path path = put("upload", file);
  allow_errors([&] {
    const submission::PackedFiles files = submission::read_archive(path, limits);
    submission::check_gzipped(files, limits);
    const Scratch place;
    submission::write_files(files, place.folder());
  });
}

}  // namespace e2lm::fuzz
