#include "harness/submission/submission.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/hash.h"
#include "harness/submission/safe_path.h"

namespace e2lm::submission {
namespace {

constexpr const char* kPatch = "evaluation.patch";
constexpr const char* kMetadata = "metadata.yaml";
constexpr const char* kTask = "task.yaml";
constexpr const char* kUpstreamTasks = "lm_eval/tasks";

// The submission's own files, with paths from the folder that holds what names it.
PackedFiles without_top_folder(PackedFiles files) {
  const auto is_top = [&](const Path& folder) {
    return files.contains(folder / kPatch) || files.contains(folder / kTask) ||
           files.contains(folder / kMetadata);
  };
  if (is_top("")) return files;
  const Path top = *files.begin()->first.begin();
  const bool one_folder = std::all_of(files.begin(), files.end(), [&](const auto& file) {
    return *file.first.begin() == top && file.first.has_parent_path();
  });
  if (!one_folder || !is_top(top)) return files;
  PackedFiles inner;
  for (auto& [path, content] : files) {
    inner.emplace(path.lexically_relative(top), std::move(content));
  }
  return inner;
}

std::string content_sha256(const PackedFiles& files) {
  Sha256 hash;
  for (const auto& [path, content] : files) {
    if (path == kMetadata) continue;
    hash.add_field(path.string());
    hash.add_field(content);
  }
  return hash.hex();
}

Json touched_json(const std::vector<PatchedFile>& patch) {
  Json json = {{"added", Json::array()},
               {"modified", Json::array()},
               {"deleted", Json::array()},
               {"renamed", Json::array()},
               {"python", Json::array()}};
  for (const PatchedFile& file : patch) {
    const std::string path = file.path.string();
    switch (file.kind) {
      case PatchedFile::Kind::added:
        json["added"].push_back(path);
        break;
      case PatchedFile::Kind::modified:
        json["modified"].push_back(path);
        break;
      case PatchedFile::Kind::deleted:
        json["deleted"].push_back(path);
        break;
      case PatchedFile::Kind::renamed:
      case PatchedFile::Kind::copied:
        json["renamed"].push_back({{"from", file.old_path.string()}, {"to", path}});
        break;
    }
    if (file.path.extension() == ".py") json["python"].push_back(path);
  }
  return json;
}

bool is_below(const Path& path, const char* folder) {
  return path.string().starts_with(std::string(folder) + "/");
}

// Python that would run with every task, or changes what the harness does: a task scored without it
// might score differently.
void judge_python(const std::vector<PatchedFile>& patch, Verdict& verdict) {
  for (const PatchedFile& file : patch) {
    const bool python = file.path.extension() == ".py" || file.old_path.extension() == ".py";
    if (!python) continue;
    const bool added = file.kind == PatchedFile::Kind::added;
    const std::string where = fmt::format("{}:{}: {}", kPatch, file.line, file.path.string());
    if (!is_below(file.path, "lm_eval")) {
      verdict.warn("python", where + " is Python outside of lm_eval, and not run");
    } else if (!added) {
      verdict.fault("python",
                    where + " changes Python of the harness itself, which is not run here");
    } else if (!is_below(file.path, kUpstreamTasks)) {
      verdict.fault("python", where + " adds Python to the harness itself, which is not run here");
    } else {
      verdict.warn("python",
                   where + " is Python, and not run; it matters where a task file names it");
    }
  }
}

// The files that the patch adds, in place of the patch.
PackedFiles apply(Submission& submission, const std::string& text, Verdict& verdict) {
  submission.patch = read_git_patch(text, kPatch);
  verdict.patch = touched_json(submission.patch);
  judge_python(submission.patch, verdict);
  PackedFiles files;
  for (PatchedFile& file : submission.patch) {
    if (file.kind != PatchedFile::Kind::added) continue;
    if (!file.has_content) {
      verdict.fault("patch", fmt::format("{}:{}: {} is a binary file without its bytes (expected a "
                                         "patch made with `git diff --binary`)",
                                         kPatch, file.line, file.path.string()));
      continue;
    }
    files.emplace(file.path, std::move(file.content));
    file.content.clear();
  }
  check_folders(files, kPatch);
  return files;
}

void read_metadata_of(const PackedFiles& files, Submission& submission, Verdict& verdict) {
  const auto metadata = files.find(kMetadata);
  if (metadata != files.end()) {
    verdict.attempt("metadata",
                    [&] { submission.metadata = read_metadata(metadata->second, kMetadata); });
  } else if (submission.is_patch) {
    verdict.fault("metadata",
                  "metadata.yaml is missing (expected the keys task_name, task_metric "
                  "and hf_token)");
  }
  for (const std::string& key : submission.metadata.unknown_keys) {
    verdict.warn("metadata", fmt::format("metadata.yaml has a key '{}', which means nothing", key));
  }
}

// Contents without the token, should it stand in one of them.
void redact(PackedFiles& files, const Secret& token) {
  if (token.empty()) return;
  for (auto& [path, content] : files) content = token.remove_from(std::move(content));
}

bool unpack(const Path& path, PackedFiles& files, Verdict& verdict) {
  return verdict.attempt("archive", [&] {
    files = std::filesystem::is_directory(path) ? read_folder(path) : read_archive(path);
    files = without_top_folder(std::move(files));
  });
}

}  // namespace

std::optional<Submission> open_submission(const Path& path, const Path& scratch, Verdict& verdict) {
  if (!std::filesystem::exists(path)) throw Error(path.string(), "no such file or folder");
  const Path place = std::filesystem::absolute(path).lexically_normal();  // "." has a name, too
  const Path shown = place.filename().empty() ? place.parent_path() : place;
  verdict.name = (shown.extension() == ".zip" ? shown.stem() : shown.filename()).string();
  PackedFiles files;
  if (!unpack(path, files, verdict)) return {};
  Submission submission{.is_patch = files.contains(kPatch), .root = scratch / "files"};
  verdict.form = submission.is_patch ? "patch" : "folder";
  verdict.sha256 = content_sha256(files);
  read_metadata_of(files, submission, verdict);
  verdict.task = submission.metadata.task;
  verdict.metric = verdict.native_metric = submission.metadata.metric;
  verdict.filter = submission.metadata.filter;
  if (!submission.is_patch && !files.contains(kTask)) {
    verdict.fault("archive", "there is neither evaluation.patch nor task.yaml at its top");
    return {};
  }
  const bool whole = verdict.attempt("patch", [&] {
    if (submission.is_patch) files = apply(submission, files[kPatch], verdict);
  });
  files.erase(kMetadata);
  if (!whole || !verdict.attempt("archive", [&] { check_gzipped(files); })) return {};
  redact(files, submission.metadata.token);
  write_files(files, submission.root);
  submission.folder = submission.is_patch ? submission.root / kUpstreamTasks : submission.root;
  if (std::filesystem::is_directory(submission.folder)) return submission;
  verdict.fault("patch", "adds no file below lm_eval/tasks");
  return {};
}

}  // namespace e2lm::submission
