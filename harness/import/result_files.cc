#include "harness/import/result_files.h"

#include <array>
#include <set>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace e2lm {
namespace {

bool may_hold_results(const Path& path) {
  std::string name = ascii_lower(path.filename().string());
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  if (name.starts_with("._")) return false;  // macOS's notes on the file of the name without
  static constexpr std::array<std::string_view, 4> kEndings = {".json", ".jsonl", ".csv", ".tsv"};
  for (const std::string_view ending : kEndings) {
    if (name.ends_with(ending)) return true;
  }
  return false;
}

class Lister {
 public:
  void add(const Path& path) {
    std::error_code code;
    const auto status = std::filesystem::status(path, code);
    if (status.type() == std::filesystem::file_type::not_found) {
      throw Error(path.string(), "no such file or folder");
    }
    if (code) throw Error(path.string(), "cannot be opened: " + code.message());
    if (std::filesystem::is_directory(status)) {
      add_folder(path);
    } else {
      add_file(path, false);
    }
  }

  std::vector<ResultPath> take() { return std::move(files_); }

 private:
  bool is_new(const Path& path) {
    std::error_code ignored;
    const Path plain = std::filesystem::weakly_canonical(path, ignored);
    return seen_.insert(ignored ? path : plain).second;
  }

  void add_file(const Path& path, bool in_folder) {
    if (is_new(path)) files_.push_back({path, in_folder});
  }

  // A folder is entered once, whatever links lead back to it.
  void add_folder(const Path& folder) {
    if (!is_new(folder)) return;
    for (const Path& entry : list_folder(folder)) {
      std::error_code ignored;
      if (std::filesystem::is_directory(entry, ignored)) {
        add_folder(entry);
      } else if (may_hold_results(entry)) {
        add_file(entry, true);
      }
    }
  }

  std::vector<ResultPath> files_;
  std::set<Path> seen_;
};

}  // namespace

std::vector<ResultPath> list_result_files(std::span<const Path> paths) {
  Lister lister;
  for (const Path& path : paths) lister.add(path);
  return lister.take();
}

}  // namespace e2lm
