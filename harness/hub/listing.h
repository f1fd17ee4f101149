#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace e2lm {

// The repository of a data set, as the hub's web addresses name it and as everything here that
// takes a repository does: datasets/ORG/NAME. (No model's organisation can be called datasets.)
inline constexpr std::string_view kDatasets = "datasets/";
std::string dataset_repo(std::string_view name);

// A file of a repository as the hub lists it. Large ones (LFS) are known by the SHA-256 of their
// bytes, the others by git's SHA-1 of "blob LENGTH\0" and their bytes; both are names of blobs.
struct HubFile {
  std::string path;  // from the repository's top
  int64_t bytes = 0;
  std::string hash;  // 64 hexadecimal digits: SHA-256; 40: git's SHA-1
};

// The files of one commit.
struct HubListing {
  std::string repo;
  std::string commit;
  std::vector<HubFile> files;

  const HubFile* find(std::string_view path) const;

  // Brings a file of the commit and returns its bytes.
  using Read = std::function<std::string(const HubFile&)>;

  // The files of a checkpoint in `subfolder`: its configuration and weights first, then the
  // tokenizer's, from the top if the subfolder has none. Of weights in several files those that
  // their index names, which is read for it. Throws Error if there is no checkpoint that e2lm can
  // read: no folder, no config.json, weights in other formats only, an index that names a file
  // which is not there.
  std::vector<HubFile> checkpoint_files(const std::string& subfolder, const Read& read) const;

 private:
  std::vector<HubFile> weights(const std::string& subfolder, const std::string& where,
                               const Read& read) const;
  std::vector<HubFile> shards(const HubFile& index, const std::string& subfolder,
                              const std::string& where, const Read& read) const;
};

// Reads a page of what /api/models/REPO/tree/COMMIT answers. Throws Error naming `where` if it is
// anything else: paths and hashes become names of files here.
void add_files(const Json& page, const std::string& where, std::vector<HubFile>& files);

// What determines a checkpoint's scores: the hashes, by name, of its configuration and weights and
// of their index; or of those among its files.
std::string content_key(const std::map<std::string, std::string>& hashes);
std::string content_key(const std::vector<HubFile>& files);

}  // namespace e2lm
