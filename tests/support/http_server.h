#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace e2lm {

// What a client of the test's server asked.
struct ServedRequest {
  std::string method;
  std::string target;                          // path and query
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
  std::string path() const { return target.substr(0, target.find('?')); }
};

// What it answers, and how it misbehaves while doing so.
struct ServedReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  int64_t stated_length = -1;  // the Content-Length, if it is not the body's
  int64_t cut_after = -1;      // bytes of the body after which the connection is closed
  int64_t stall_after = -1;    // bytes of the body after which nothing more comes
  int64_t drip_ms = 0;         // after every byte of the body
  bool silent = false;         // no answer at all: the connection is closed
};

// A web server of the test's own on a free local port, one thread for each connection.
class HttpServer {
 public:
  using Handler = std::function<ServedReply(const ServedRequest&)>;

  // `handler` is called by several threads, one request at a time.
  explicit HttpServer(Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::string url(const std::string& path = "") const;  // http://127.0.0.1:PORT/path
  std::vector<ServedRequest> requests() const;          // so far, in order
  int connections() const;                              // accepted so far

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace e2lm
