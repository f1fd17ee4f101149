#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/json.h"
#include "harness/http/backoff.h"
#include "harness/http/message.h"

namespace e2lm {

struct HttpOptions {
  int64_t connect_timeout_ms = 10'000;
  // A connection that brings fewer than `stall_bytes` within this time is given up; waiting for an
  // answer counts (raise it for servers that think before they speak). Noticed within a second.
  int64_t stall_timeout_ms = 60'000;
  int64_t stall_bytes = 256;
  int max_redirects = 8;
  int64_t max_body_bytes = 64 << 20;  // of an answer that no sink takes
  RetryOptions retry;
  std::function<bool()> stop;  // asked about every second; true ends a request with Interrupted
};

// A blocking client for http and https, on libcurl. Connections are kept for later requests;
// several threads may use one client. Proxies are those of the environment (https_proxy,
// no_proxy), certificates the system's or those of SSL_CERT_FILE.
//
//   HttpClient client({});
//   const Json answer = client.post_json(url, {{"Authorization", "Bearer " + key}}, question);
class HttpClient {
 public:
  explicit HttpClient(HttpOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // An answer of 2xx, after as many tries as the options allow. A request with a sink is not tried
  // again once a part of the body was taken: its caller asks for the rest. Throws HttpError,
  // Interrupted, or whatever on_head and sink throw.
  HttpResponse send(const HttpRequest& request) const;

  // One try. Redirects are followed for get and head (a post's only by 307 and 308, which keep
  // it), from https to https only.
  HttpResponse send_once(const HttpRequest& request) const;

  // The JSON of an answer. Throws Error naming the URL if it is none.
  Json get_json(const std::string& url, const std::vector<HttpHeader>& secrets = {}) const;
  Json post_json(const std::string& url, const std::vector<HttpHeader>& secrets,
                 const Json& body) const;

  const HttpOptions& options() const { return options_; }

 private:
  struct Handles;

  HttpResponse exchange(const HttpRequest& request, const std::string& url,
                        bool with_secrets) const;

  HttpOptions options_;
  std::unique_ptr<Handles> handles_;
};

}  // namespace e2lm
