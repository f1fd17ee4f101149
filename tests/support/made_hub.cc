#include "tests/support/made_hub.h"

#include <algorithm>

#include "base/hash.h"
#include "base/json.h"
#include "harness/hub/blob_hash.h"

namespace e2lm {
namespace {

ServedReply refusal(int status, const std::string& code) {
  return {.status = status, .headers = {{"X-Error-Code", code}}, .body = R"({"error": "no"})"};
}

}  // namespace

MadeHub::MadeHub()
    : store_([this](const ServedRequest& request) -> ServedReply {
        if (instead_of_store) {
          if (auto reply = instead_of_store(request)) return *reply;
        }
        const std::string hash = request.path().substr(1);
        const std::lock_guard lock(mutex_);
        return part(large_.at(hash), "\"store-" + hash.substr(0, 8) + "\"", request);
      }),
      server_([this](const ServedRequest& request) { return answer(request); }) {}

std::string MadeHub::add(const std::string& repo, const std::string& revision,
                         const std::string& path, const std::string& bytes, bool large) {
  BlobHash hash(large ? 64 : 40, static_cast<int64_t>(bytes.size()));
  hash.add(bytes);
  const File file{bytes, hash.hex(), large};
  const std::lock_guard lock(mutex_);
  if (large) large_[file.hash] = bytes;
  repos_[repo][commit_of(repo, revision)][path] = file;
  return file.hash;
}

void MadeHub::add_checkpoint(const std::string& repo, const std::string& revision,
                             const std::string& subfolder, const Path& folder) {
  for (const Path& file : list_folder(folder)) {
    const std::string name = file.filename();
    add(repo, revision, subfolder.empty() ? name : subfolder + "/" + name, read_file(file),
        file.extension() == ".safetensors");
  }
}

std::string MadeHub::commit_of(const std::string& repo, const std::string& revision) {
  return sha256_hex(repo + "@" + revision).substr(0, 40);
}

HubSettings MadeHub::settings(const Path& cache) const {
  return {.endpoint = url(), .rows_endpoint = url(), .token = token, .cache = cache};
}

std::map<std::string, std::string> MadeHub::environment(const Path& home) const {
  return {{"HF_ENDPOINT", url()}, {"HF_HOME", home.string()},    {"HF_TOKEN", token},
          {"HF_HUB_CACHE", ""},   {"HUGGINGFACE_HUB_CACHE", ""}, {"HF_DATASETS_SERVER", url()},
          {"HF_HUB_OFFLINE", ""}, {"TRANSFORMERS_OFFLINE", ""},  {"no_proxy", "127.0.0.1"}};
}

int MadeHub::sent(const std::string& path_or_hash) const {
  int count = 0;
  for (const HttpServer* server : {&server_, &store_}) {
    for (const ServedRequest& request : server->requests()) {
      count += request.method == "GET" && request.path().ends_with(path_or_hash);
    }
  }
  return count;
}

ServedReply MadeHub::answer(const ServedRequest& request) {
  if (instead) {
    if (auto reply = instead(request)) return *reply;
  }
  if (!token.empty() && request.header("authorization") != "Bearer " + token) {
    return refusal(401, "");
  }
  const std::string path = request.path();
  const std::lock_guard lock(mutex_);
  for (const auto& [repo, commits] : repos_) {
    const std::string api = (repo.starts_with("datasets/") ? "/api/" : "/api/models/") + repo;
    const std::string file = "/" + repo + "/resolve/";
    if (path.starts_with(api + "/revision/")) return revision(repo, path.substr(api.size() + 10));
    if (path == api) return revision(repo, "main");
    if (path.starts_with(api + "/tree/")) {
      return tree(repo, path.substr(api.size() + 6), request);
    }
    if (path.starts_with(file)) {
      const size_t slash = path.find('/', file.size());
      return resolve(repo, path.substr(file.size(), slash - file.size()), path.substr(slash + 1),
                     request);
    }
  }
  return refusal(404, "RepoNotFound");
}

ServedReply MadeHub::revision(const std::string& repo, const std::string& name) const {
  const auto& commits = repos_.at(repo);
  const std::string commit = commits.contains(name) ? name : commit_of(repo, name);
  if (!commits.contains(commit)) return refusal(404, "RevisionNotFound");
  return {.body = Json{{"id", repo}, {"sha", commit}, {"siblings", Json::array()}}.dump()};
}

ServedReply MadeHub::tree(const std::string& repo, const std::string& commit,
                          const ServedRequest& request) const {
  if (!repos_.at(repo).contains(commit)) return refusal(404, "RevisionNotFound");
  Json entries = {
      {{"type", "directory"}, {"oid", std::string(40, '0')}, {"path", "x"}, {"size", 0}}};
  for (const auto& [path, file] : repos_.at(repo).at(commit)) {
    Json entry = {
        {"type", "file"}, {"oid", file.hash}, {"size", file.bytes.size()}, {"path", path}};
    if (file.large) {
      entry["oid"] = std::string(40, 'a');
      entry["lfs"] = {{"oid", file.hash}, {"size", file.bytes.size()}, {"pointerSize", 134}};
    }
    entries.push_back(entry);
  }
  const size_t at = request.target.find("cursor=");
  const size_t first = at == std::string::npos ? 0 : std::stoul(request.target.substr(at + 7));
  const size_t end = std::min(entries.size(), first + page);
  ServedReply reply;
  Json list = Json::array();
  for (size_t i = first; i < end; ++i) list.push_back(entries[i]);
  reply.body = list.dump();
  if (end < entries.size()) {
    reply.headers = {{"Link", "<" + server_.url(request.path()) + "?recursive=true&cursor=" +
                                  std::to_string(end) + ">; rel=\"next\""}};
  }
  return reply;
}

ServedReply MadeHub::resolve(const std::string& repo, const std::string& commit,
                             const std::string& path, const ServedRequest& request) const {
  const auto& commits = repos_.at(repo);
  const std::string full = commits.contains(commit) ? commit : commit_of(repo, commit);
  if (!commits.contains(full)) return refusal(404, "RevisionNotFound");
  const auto file = commits.at(full).find(path);
  if (file == commits.at(full).end()) return refusal(404, "EntryNotFound");
  const std::string tag = "\"" + file->second.hash + "\"";
  if (file->second.large) {
    return {.status = 302,
            .headers = {{"Location", store_.url("/" + file->second.hash + "?Signature=s3cr3t")},
                        {"X-Repo-Commit", full},
                        {"X-Linked-Etag", tag},
                        {"X-Linked-Size", std::to_string(file->second.bytes.size())}}};
  }
  ServedReply reply = part(file->second.bytes, tag, request);
  reply.headers.push_back({"X-Repo-Commit", full});
  return reply;
}

ServedReply MadeHub::part(const std::string& bytes, const std::string& tag,
                          const ServedRequest& request) const {
  ServedReply reply{.headers = {{"ETag", tag}}, .body = bytes};
  const std::string range = request.header("range"), condition = request.header("if-range");
  if (!ranges || !range.starts_with("bytes=") || (!condition.empty() && condition != tag)) {
    return reply;
  }
  const size_t from = std::stoul(range.substr(6));
  if (from >= bytes.size()) return {.status = 416};
  reply.status = 206;
  reply.body = bytes.substr(from);
  reply.headers.push_back({"Content-Range", "bytes " + std::to_string(from) + "-" +
                                                std::to_string(bytes.size() - 1) + "/" +
                                                std::to_string(bytes.size())});
  return reply;
}

}  // namespace e2lm
