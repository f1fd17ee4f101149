#pragma once

#include <chrono>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"
#include "harness/http/client.h"
#include "harness/hub/listing.h"
#include "harness/hub/settings.h"

namespace e2lm {

// There is no connection to the hub: whatever else is asked of it ends the same way.
class HubUnreachable : public Error {
 public:
  using Error::Error;
};

// What the hub has, asked over its web interface. Several threads may ask.
class Hub {
 public:
  static constexpr std::chrono::seconds kFailuresHold{60};

  // `failures_hold`: how long an answer of no success counts before it is asked for again.
  Hub(HubSettings settings, HttpOptions options,
      std::chrono::milliseconds failures_hold = kFailuresHold);

  // The files of a revision of a model (ORG/NAME) or a data set (dataset_repo); asked once, and
  // failures remembered for a while. Throws Error: no such repository or revision, no access;
  // HubUnreachable.
  const HubListing& list(const std::string& repo, const std::string& revision);

  // Where a file's bytes are.
  std::string url(const std::string& repo, const std::string& commit,
                  const std::string& path) const;

  const HubSettings& settings() const { return settings_; }
  const HttpClient& client() const { return client_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Failure {
    std::exception_ptr why;
    Clock::time_point until;

    void throw_again() const;  // while it counts
  };

  Json ask(const std::string& url, const std::string& subject, std::string* next) const;
  HubListing ask_list(const std::string& repo, const std::string& revision) const;

  HubSettings settings_;
  HttpClient client_;
  std::mutex mutex_;
  std::chrono::milliseconds failures_hold_;
  std::map<std::pair<std::string, std::string>, HubListing> listings_;
  std::map<std::pair<std::string, std::string>, Failure> failures_;
  Failure unreachable_;
};

// The same failure in words of repositories and tokens, where the hub's answer means one.
Error hub_error(const HttpError& failure, const std::string& subject, const HubSettings& settings);
// Throws it, or HubUnreachable.
[[noreturn]] void throw_hub_error(const HttpError& failure, const std::string& subject,
                                  const HubSettings& settings);

}  // namespace e2lm
