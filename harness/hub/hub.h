#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "harness/http/client.h"
#include "harness/hub/listing.h"
#include "harness/hub/settings.h"

namespace e2lm {

// What the hub has, asked over its web interface. Several threads may ask.
class Hub {
 public:
  Hub(HubSettings settings, HttpOptions options);

  // The files of a revision of a model (ORG/NAME) or a data set (dataset_repo); asked once. Throws
  // Error: no such repository or revision, no access, a hub that cannot be reached.
  const HubListing& list(const std::string& repo, const std::string& revision);

  // Where a file's bytes are.
  std::string url(const std::string& repo, const std::string& commit,
                  const std::string& path) const;

  const HubSettings& settings() const { return settings_; }
  const HttpClient& client() const { return client_; }

 private:
  Json ask(const std::string& url, const std::string& subject, std::string* next) const;

  HubSettings settings_;
  HttpClient client_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, HubListing> listings_;
};

// The same failure in words of repositories and tokens, where the hub's answer means one.
Error hub_error(const HttpError& failure, const std::string& subject, const HubSettings& settings);

}  // namespace e2lm
