#include "tasks/dialect/task_file.h"

#include <fmt/format.h>

#include <set>

#include "base/error.h"

namespace e2lm {
namespace {

constexpr size_t kMaxIncluded = 100;  // the original's own files include 2 at most

// One chain of includes: as in the original, a file may be read once in it, whatever the way.
class Includer {
 public:
  Yaml read(const Path& path, const Yaml* included_by) {
    const std::string where = included_by ? included_by->where() : path.string();
    if (!seen_.insert(std::filesystem::weakly_canonical(path)).second) {
      throw Error(where, fmt::format("includes {} a second time", path.string()),
                  "no file twice in a chain of includes");
    }
    if (seen_.size() > kMaxIncluded) {
      throw Error(where, fmt::format("includes more than {} files", kMaxIncluded));
    }
    if (included_by && !std::filesystem::exists(path)) {
      throw Error(where, fmt::format("includes {}, which does not exist", path.string()));
    }
    // Files of the original do give keys twice.
    Yaml own = read_yaml(path, DuplicateKeys::last_wins);
    if (own.kind != Yaml::Kind::map) throw Error(path.string(), "is no mapping of keys");
    const Yaml* names = own.find("include");
    if (!names) return own;
    Yaml merged{.kind = Yaml::Kind::map, .line = own.line, .file = own.file};
    for (const Yaml* name : names_in(*names)) {
      Yaml base = read(path.parent_path() / name->text, name);
      std::erase_if(base.entries, [](const YamlEntry& e) { return e.key.text == "task_list"; });
      merged = overlay(std::move(merged), base);
    }
    std::erase_if(own.entries, [](const YamlEntry& e) { return e.key.text == "include"; });
    return overlay(std::move(merged), own);
  }

 private:
  static std::vector<const Yaml*> names_in(const Yaml& node) {
    std::vector<const Yaml*> names;
    if (node.kind == Yaml::Kind::scalar) names.push_back(&node);
    for (const Yaml& item : node.items) names.push_back(&item);
    for (const Yaml* name : names) {
      if (name->kind != Yaml::Kind::scalar) throw Error(name->where(), "'include' names no file");
    }
    return names;
  }

  std::set<Path> seen_;
};

}  // namespace

Yaml read_task_file(const Path& path) {
  return Includer().read(path, nullptr);
}

}  // namespace e2lm
