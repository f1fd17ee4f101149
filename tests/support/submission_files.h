#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"

// Submissions as participants make them, written by hand.

namespace e2lm {

// An entry of an archive; a link where `link` is set, a folder where the name ends in "/".
struct ArchiveFile {
  std::string name;
  std::string content;
  std::string link = {};
  bool hard = false;
};

// Writes a zip archive, or a tar one, with whatever names are given.
inline Path write_archive(const Path& path, const std::vector<ArchiveFile>& files,
                          bool zip = true) {
  archive* writer = archive_write_new();
  if (zip) {
    archive_write_set_format_zip(writer);
  } else {
    archive_write_set_format_pax_restricted(writer);
  }
  archive_write_open_filename(writer, path.c_str());
  for (const ArchiveFile& file : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, file.name.c_str());
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_filetype(entry, file.name.ends_with('/') ? AE_IFDIR : AE_IFREG);
    archive_entry_set_size(entry, static_cast<la_int64_t>(file.content.size()));
    if (!file.link.empty() && file.hard) archive_entry_set_hardlink(entry, file.link.c_str());
    if (!file.link.empty() && !file.hard) {
      archive_entry_set_filetype(entry, AE_IFLNK);
      archive_entry_set_symlink(entry, file.link.c_str());
    }
    archive_write_header(writer, entry);
    archive_write_data(writer, file.content.data(), file.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  return path;
}

// The part of a git diff that adds a file.
inline std::string added_file(const std::string& path, const std::string& content,
                              const std::string& mode = "100644") {
  std::string lines;
  int64_t count = 0;
  for (size_t at = 0; at < content.size(); ++count) {
    const size_t end = content.find('\n', at);
    lines += "+" + content.substr(at, end - at) + "\n";
    at = end == std::string::npos ? content.size() : end + 1;
  }
  if (!content.empty() && !content.ends_with('\n')) lines += "\\ No newline at end of file\n";
  std::string text = "diff --git a/" + path + " b/" + path + "\nnew file mode " + mode +
                     "\nindex 0000000..1111111\n";
  if (count > 0) {
    text +=
        "--- /dev/null\n+++ b/" + path + "\n@@ -0,0 +1," + std::to_string(count) + " @@\n" + lines;
  }
  return text;
}

// A competition entry with a task of made-up questions, to be changed by tests before it is
// written.
struct SubmissionFiles {
  std::string task_name = "stars";
  std::string metadata = "task_name: stars\ntask_metric: acc,none\nhf_token: hf_SecretSecret123\n";
  std::string yaml =
      "task: stars\n"
      "dataset_path: json\n"
      "dataset_kwargs:\n"
      "  data_files: {test: test.jsonl, dev: dev.jsonl}\n"
      "test_split: test\n"
      "fewshot_split: dev\n"
      "num_fewshot: 2\n"
      "fewshot_config: {sampler: first_n}\n"
      "output_type: multiple_choice\n"
      "description: \"Questions about stars.\\n\\n\"\n"
      "doc_to_text: \"Question: {{question}}\\nAnswer:\"\n"
      "doc_to_target: answer\n"
      "doc_to_choice: choices\n"
      "metric_list:\n"
      "  - metric: acc\n"
      "  - metric: acc_norm\n";
  std::vector<Json> test = rows(120, "star"), dev = rows(4, "comet");
  std::map<std::string, std::string> more = {};  // files below lm_eval/tasks/stars
  std::string more_patch = {};                   // behind all else

  // "Which colour has star number 7?", with a right answer that differs from row to row.
  static std::vector<Json> rows(int count, const std::string& thing) {
    static const std::vector<std::string> kColours = {"crimson", "azure", "ochre", "violet",
                                                      "jade"};
    std::vector<Json> list;
    for (int i = 0; i < count; ++i) {
      Json choices = Json::array();
      for (int c = 0; c < 4; ++c) {
        choices.push_back(kColours[(i + c) % 5] + " " + kColours[(i / 5 + 2 * c) % 5]);
      }
      list.push_back({{"question", "Which colour has " + thing + " number " + std::to_string(i) +
                                       " of the northern sky in a spectrograph at dawn?"},
                      {"choices", choices},
                      {"answer", i % 4}});
    }
    return list;
  }

  static std::string lines(const std::vector<Json>& rows) {
    std::string text;
    for (const Json& row : rows) text += row.dump() + "\n";
    return text;
  }

  std::string patch() const {
    const std::string folder = "lm_eval/tasks/stars/";
    std::string text = added_file(folder + "stars.yaml", yaml) +
                       added_file(folder + "test.jsonl", lines(test)) +
                       added_file(folder + "dev.jsonl", lines(dev));
    for (const auto& [name, content] : more) text += added_file(folder + name, content);
    return text + more_patch;
  }

  Path write_zip(const Path& path) const {
    std::vector<ArchiveFile> files = {{"evaluation.patch", patch()}};
    if (!metadata.empty()) files.push_back({"metadata.yaml", metadata});
    return write_archive(path, files);
  }

  // The simple form: task.yaml, data, no metadata.
  Path write_folder(const Path& path) const {
    write_file(path / "task.yaml", yaml);
    write_file(path / "test.jsonl", lines(test));
    write_file(path / "dev.jsonl", lines(dev));
    return path;
  }
};

}  // namespace e2lm
