#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/file.h"
#include "harness/hub/settings.h"
#include "tests/support/http_server.h"

namespace e2lm {

// A small hub: repositories of files, with the web interface of huggingface.co as far as downloads
// need it. Large files (LFS) are redirected to another port, which is another host.
class MadeHub {
 public:
  MadeHub();

  // Adds a file to a revision; the first one makes repository and revision. Returns its hash.
  std::string add(const std::string& repo, const std::string& revision, const std::string& path,
                  const std::string& bytes, bool large);
  // The files of a checkpoint's folder, weights as large ones.
  void add_checkpoint(const std::string& repo, const std::string& revision,
                      const std::string& subfolder, const Path& folder);

  static std::string commit_of(const std::string& repo, const std::string& revision);

  std::string url() const { return server_.url(); }
  HubSettings settings(const Path& cache) const;
  std::map<std::string, std::string> environment(const Path& home) const;  // HF_ENDPOINT, HF_HOME

  // Requests for a file's bytes, at the server that sends them.
  int sent(const std::string& path_or_hash) const;
  const HttpServer& server() const { return server_; }
  const HttpServer& store() const { return store_; }

  // Asked first; an answer goes in place of the hub's, or of its store for large files.
  std::function<std::optional<ServedReply>(const ServedRequest&)> instead, instead_of_store;
  std::string token;   // without it there is nothing but 401
  size_t page = 1000;  // files of a list's page
  bool ranges = true;  // whether parts of files can be asked for

 private:
  struct File {
    std::string bytes, hash;
    bool large = false;
  };
  using Files = std::map<std::string, File>;

  ServedReply answer(const ServedRequest& request);
  ServedReply revision(const std::string& repo, const std::string& name) const;
  ServedReply tree(const std::string& repo, const std::string& commit,
                   const ServedRequest& request) const;
  ServedReply resolve(const std::string& repo, const std::string& commit, const std::string& path,
                      const ServedRequest& request) const;
  ServedReply part(const std::string& bytes, const std::string& tag,
                   const ServedRequest& request) const;

  std::mutex mutex_;  // of these: files come while others are sent
  std::map<std::string, std::map<std::string, Files>> repos_;  // by commit
  std::map<std::string, std::string> large_;                   // bytes by hash
  HttpServer store_;
  HttpServer server_;
};

}  // namespace e2lm
