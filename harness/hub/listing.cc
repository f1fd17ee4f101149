#include "harness/hub/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "engine/checkpoint.h"
#include "harness/hub/place.h"

namespace e2lm {
namespace {

constexpr std::array<const char*, 4> kTokenizerFiles = {
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"};
constexpr std::string_view kWeightsEnding = ".safetensors";
constexpr size_t kLongestName = 255;  // of a file, in bytes

bool is_hash(const std::string& text, size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string text_of(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string()
             ? object[key].get<std::string>()
             : "";
}

std::string name_of(const HubFile& file) {
  return file.path.substr(file.path.rfind('/') + 1);
}

std::string inside(const std::string& subfolder, std::string_view name) {
  return subfolder.empty() ? std::string(name) : fmt::format("{}/{}", subfolder, name);
}

}  // namespace

std::string dataset_repo(std::string_view name) {
  return fmt::format("{}{}", kDatasets, name);
}

void add_files(const Json& page, const std::string& where, std::vector<HubFile>& files) {
  if (!page.is_array()) throw Error(where, "is no list of files");
  for (const Json& entry : page) {
    if (text_of(entry, "type") != "file") continue;
    HubFile file{.path = text_of(entry, "path"), .hash = text_of(entry, "oid")};
    size_t digits = 40;
    if (entry.contains("lfs") && entry["lfs"].is_object()) {
      file.hash = text_of(entry["lfs"], "oid");
      if (file.hash.starts_with("sha256:")) file.hash.erase(0, 7);
      digits = 64;
    }
    const bool sized = entry.contains("size") && entry["size"].is_number_integer();
    if (sized) file.bytes = entry["size"].get<int64_t>();
    if (!is_inside_path(file.path) || !is_hash(file.hash, digits) || !sized || file.bytes < 0) {
      throw Error(where, fmt::format("lists a file wrongly: {}", entry.dump().substr(0, 200)),
                  "a path within the repository, a size and a hash");
    }
    files.push_back(std::move(file));
  }
}

const HubFile* HubListing::find(std::string_view path) const {
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const HubFile& file) { return file.path == path; });
  return found == files.end() ? nullptr : &*found;
}

std::vector<HubFile> HubListing::shards(const HubFile& index, const std::string& subfolder,
                                        const std::string& where, const Read& read) const {
  const std::string whose = fmt::format("{}: {}", where, kWeightsIndex);
  std::set<std::string> names;
  for (const auto& [tensor, name] : read_weights_index(read(index), whose)) names.insert(name);
  std::vector<HubFile> found = {index};
  for (const std::string& name : names) {
    if (!name.ends_with(kWeightsEnding) || name.size() > kLongestName) {
      throw Error(whose, fmt::format("names weights in {}", name.substr(0, kLongestName)),
                  "names of files that end in .safetensors");
    }
    const HubFile* file = find(inside(subfolder, name));
    if (!file) throw Error(whose, fmt::format("names {}, which the repository lacks", name));
    found.push_back(*file);
  }
  return found;
}

std::vector<HubFile> HubListing::weights(const std::string& subfolder, const std::string& where,
                                         const Read& read) const {
  if (const HubFile* single = find(inside(subfolder, kWeightsFile))) return {*single};
  if (const HubFile* index = find(inside(subfolder, kWeightsIndex))) {
    return shards(*index, subfolder, where, read);
  }
  for (const HubFile& file : files) {
    const std::string name = name_of(file);
    if (inside(subfolder, name) != file.path || !is_other_weights(name)) continue;
    throw Error(where, fmt::format("has no weights as safetensors, only others like {}", name),
                "model.safetensors; transformers' save_pretrained makes it of them");
  }
  throw Error(where, "has no weights", fmt::format("{} or {}", kWeightsFile, kWeightsIndex));
}

std::vector<HubFile> HubListing::checkpoint_files(const std::string& subfolder,
                                                  const Read& read) const {
  const std::string where =
      fmt::format("{}@{}{}{}", repo, commit.substr(0, 12), subfolder.empty() ? "" : "/", subfolder);
  const bool there =
      subfolder.empty() || std::any_of(files.begin(), files.end(), [&](const HubFile& file) {
        return file.path.starts_with(subfolder + "/");
      });
  if (!there) throw Error(where, "the repository has no such folder");
  std::vector<HubFile> chosen;
  if (const HubFile* config = find(inside(subfolder, "config.json"))) chosen.push_back(*config);
  for (HubFile& file : weights(subfolder, where, read)) chosen.push_back(std::move(file));
  if (name_of(chosen.front()) != "config.json") throw Error(where, "has no config.json");
  const bool own = find(inside(subfolder, kTokenizerFiles[0])) != nullptr;
  for (const char* name : kTokenizerFiles) {
    if (const HubFile* file = find(own ? inside(subfolder, name) : name)) chosen.push_back(*file);
  }
  return chosen;
}

std::string content_key(const std::map<std::string, std::string>& hashes) {
  Sha256 hash;
  for (const auto& [name, its_hash] : hashes) {
    hash.add_field(name);
    hash.add_field(its_hash);
  }
  return "hub:" + hash.hex();
}

std::string content_key(const std::vector<HubFile>& files) {
  std::map<std::string, std::string> hashes;
  for (const HubFile& file : files) {
    const std::string name = name_of(file);
    if (name == "config.json" || name == kWeightsIndex || name.ends_with(kWeightsEnding)) {
      hashes[name] = file.hash;
    }
  }
  return content_key(hashes);
}

}  // namespace e2lm
