#include "tasks/frozen/frozen_source.h"

#include <fmt/format.h>

namespace e2lm {
namespace {

constexpr std::string_view kOlmoRequests = "olmo_requests";

// As given from the current folder, or else from the task file's own.
Path locate(const Path& file, const Path& task_folder) {
  const Path beside = task_folder / file;
  return std::filesystem::exists(beside) || !std::filesystem::exists(file) ? beside : file;
}

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

FrozenSource read_lines(const Yaml& file, YamlMap& keys, const Path& task_folder,
                        Problems& problems) {
  FrozenSource source{.path = task_folder / file.text, .where = file.where()};
  if (file.kind != Yaml::Kind::scalar) problems.add(file, "'frozen' must name a file");
  if (const Yaml* sha256 = keys.require("sha256")) {
    source.sha256 = sha256->text;
    source.where = sha256->where();
    if (!is_sha256(sha256->text)) problems.add(*sha256, "'sha256' must be 64 hexadecimal digits");
  }
  return source;
}

FrozenSource read_olmo(const Yaml& path, YamlMap& keys, const Path& task_folder,
                       Problems& problems) {
  FrozenSource source{.kind = FrozenSource::Kind::olmo_requests, .where = path.where()};
  const Yaml* kwargs = keys.find("dataset_kwargs");
  const Yaml* folder = kwargs ? kwargs->find("data_dir") : nullptr;
  if (folder && folder->kind == Yaml::Kind::scalar) {
    source.path = locate(folder->text, task_folder);
  } else {
    problems.add(kwargs ? *kwargs : path,
                 fmt::format("'dataset_path: {}' needs 'dataset_kwargs.data_dir', a folder with "
                             "config.json and requests.jsonl.gz",
                             kOlmoRequests));
  }
  return source;
}

}  // namespace

std::optional<FrozenSource> FrozenSource::read(YamlMap& keys, const Path& task_folder,
                                               Problems& problems) {
  if (const Yaml* file = keys.find("frozen")) return read_lines(*file, keys, task_folder, problems);
  const Yaml* path = keys.find("dataset_path");
  if (path && path->kind == Yaml::Kind::scalar && path->text == kOlmoRequests) {
    return read_olmo(*path, keys, task_folder, problems);
  }
  return {};
}

}  // namespace e2lm
