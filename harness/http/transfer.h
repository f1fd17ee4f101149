#pragma once

#include <curl/curl.h>

#include <chrono>
#include <exception>
#include <string>
#include <string_view>

#include "harness/http/client.h"

namespace e2lm {

// One request to one server on a libcurl handle, redirects not followed.
class Transfer {
 public:
  Transfer(CURL* handle, const HttpOptions& options, const HttpRequest& request,
           const std::string& url, bool with_secrets);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // The answer, whatever its status. Throws HttpError, Interrupted, or what on_head and sink throw.
  HttpResponse run();

 private:
  void configure(bool with_secrets);
  void add_header(const HttpHeader& header);
  bool take_header(std::string_view line);
  void take_body(std::string_view piece);
  bool goes_on(int64_t bytes);
  [[noreturn]] void fail(CURLcode code) const;

  static size_t on_header(char* data, size_t size, size_t count, void* self);
  static size_t on_body(char* data, size_t size, size_t count, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t down, curl_off_t, curl_off_t up);

  using Clock = std::chrono::steady_clock;

  CURL* handle_;
  const HttpOptions& options_;
  const HttpRequest& request_;
  std::string url_;
  curl_slist* headers_ = nullptr;
  char reason_[CURL_ERROR_SIZE] = "";
  HttpResponse response_;
  bool head_told_ = false, stalled_ = false, stopped_ = false, too_large_ = false;
  std::exception_ptr thrown_;
  Clock::time_point window_ = Clock::now();  // since when bytes are counted against a stall
  int64_t window_bytes_ = 0;
};

}  // namespace e2lm
