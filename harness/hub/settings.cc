#include "harness/hub/settings.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "harness/http/url.h"

namespace e2lm {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? std::string(trim(value)) : "";
}

Path home() {
  const std::string folder = variable("HOME");
  return folder.empty() ? Path("/") : Path(folder);
}

// Behind the name that begins at `at`.
size_t end_of_name(const std::string& text, size_t at) {
  while (at < text.size() &&
         (std::isalnum(static_cast<unsigned char>(text[at])) || text[at] == '_'))
    ++at;
  return at;
}

// A path as the library reads it from the environment: ~ at the start, $NAME and ${NAME} anywhere.
// What is not set stays as it is.
Path expanded(const std::string& text) {
  const bool at_home = text == "~" || text.starts_with("~/");
  std::string path = at_home ? home().string() : "";
  for (size_t at = at_home ? 1 : 0; at < text.size();) {
    const bool braces = text.compare(at, 2, "${") == 0;
    const size_t name = at + (braces ? 2 : 1);
    const size_t end = text[at] == '$' ? end_of_name(text, name) : name;
    const size_t behind = braces && end < text.size() && text[end] == '}' ? end + 1 : end;
    const bool is_name = end > name && (behind > end) == braces;
    const char* value = is_name ? std::getenv(text.substr(name, end - name).c_str()) : nullptr;
    path += value ? value : text.substr(at, behind - at);
    at = behind;
  }
  return path;
}

Path hub_home() {
  if (const std::string given = variable("HF_HOME"); !given.empty()) return expanded(given);
  const std::string cache = variable("XDG_CACHE_HOME");
  return (cache.empty() ? home() / ".cache" : expanded(cache)) / "huggingface";
}

bool is_true(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text == "1" || text == "ON" || text == "YES" || text == "TRUE";
}

std::string find_token() {
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    if (std::string token = variable(name); !token.empty()) return token;
  }
  const std::string given = variable("HF_TOKEN_PATH");
  const Path file = given.empty() ? hub_home() / "token" : expanded(given);
  // One that this user may not read is another's: HOME can be root's, or the cache shared.
  if (::access(file.c_str(), R_OK) != 0 || !std::filesystem::is_regular_file(file)) return "";
  return std::string(trim(read_file(file)));
}

}  // namespace

HubSettings HubSettings::from_environment() {
  HubSettings settings;
  const auto endpoint = [](const char* name, std::string& url) {
    std::string given = variable(name);
    while (given.ends_with('/')) given.pop_back();
    if (!given.empty()) url = given;
  };
  endpoint("HF_ENDPOINT", settings.endpoint);
  endpoint("HF_DATASETS_SERVER", settings.rows_endpoint);
  settings.token = find_token();
  if (settings.token.find_first_of(" \t\r\n") != std::string::npos) {
    throw Error("HF_TOKEN", "holds white space", "one word, as hf_...");
  }
  const std::string cache = variable("HF_HUB_CACHE"), older = variable("HUGGINGFACE_HUB_CACHE");
  const std::string& named = cache.empty() ? older : cache;
  settings.cache = named.empty() ? hub_home() / "hub" : expanded(named);
  const std::string offline = variable("HF_HUB_OFFLINE");
  settings.offline = is_true(offline.empty() ? variable("TRANSFORMERS_OFFLINE") : offline);
  return settings;
}

std::vector<HttpHeader> HubSettings::credentials() const {
  if (token.empty()) return {};
  return {{"Authorization", "Bearer " + token}};
}

std::vector<HttpHeader> HubSettings::rows_credentials() const {
  const std::string hub = origin_of(endpoint), rows = origin_of(rows_endpoint);
  const size_t host = hub.find("//") + 2;
  const bool same_domain =
      rows.starts_with(hub.substr(0, host)) && rows.ends_with("." + hub.substr(host));
  return rows == hub || same_domain ? credentials() : std::vector<HttpHeader>();
}

}  // namespace e2lm
