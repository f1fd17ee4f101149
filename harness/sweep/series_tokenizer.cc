#include "harness/sweep/series_tokenizer.h"

#include <fmt/format.h>

#include "base/error.h"
#include "engine/tokenizer/tokenizer.h"
#include "harness/hub/cache.h"
#include "harness/sweep/checkpoint_plan.h"

namespace e2lm {
namespace {

// The folder of a checkpoint's whole revision.
Path top_folder(const CheckpointRef& ref) {
  Path top = ref.folder;
  for (const Path& part : Path(ref.hub->subfolder)) {
    if (!part.empty()) top = top.parent_path();
  }
  return top;
}

}  // namespace

Path tokenizer_path(const CheckpointRef& ref) {
  if (is_seen(ref.folder / "tokenizer.json")) return ref.folder;
  if (!ref.hub) return {};
  const Path top = top_folder(ref);
  return is_seen(top / "tokenizer.json") ? top : Path();
}

Path tokenizer_path(const Series& series) {
  if (!series.tokenizer.empty()) return series.tokenizer;
  for (const CheckpointRef& ref : series.checkpoints) {
    if (Path path = tokenizer_path(ref); !path.empty()) return path;
  }
  return {};
}

Error no_tokenizer(const Series& series) {
  return {fmt::format("series {}", series.name), "has no tokenizer",
          "a tokenizer.json in the checkpoints' folders, a key 'tokenizer' in the manifest, or "
          "--watch-tokenizer"};
}

void fail_without_tokenizer(const Series& series) {
  // Of a checkpoint of the hub the configuration comes first: with it, more is amiss than a fetch.
  const auto& refs = series.checkpoints;
  if (!refs.empty() && refs[0].hub && !std::filesystem::exists(refs[0].folder / "config.json")) {
    throw Error(fmt::format("series {}", series.name), not_fetched(refs[0]));
  }
  throw no_tokenizer(series);
}

std::map<Path, FileStamp> stamps_of_tokenizer(const Path& path) {
  std::map<Path, FileStamp> stamps;
  for (const Path& file : tokenizer_files(path)) {
    const auto stamp = file_stamp(file);
    if (!stamp) throw Error(file.string(), "cannot be read");
    stamps.emplace(file, *stamp);
  }
  return stamps;
}

}  // namespace e2lm
