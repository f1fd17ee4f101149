#include "harness/http/transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "base/version.h"
#include "harness/http/url.h"
#include "harness/interrupted.h"

namespace e2lm {
namespace {

HttpError::Kind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:  // of connecting, the only one that is set
      return HttpError::Kind::unreachable;
    case CURLE_UNSUPPORTED_PROTOCOL:  // the answer is no HTTP; the URL was checked before
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return HttpError::Kind::connection;
    default:
      return HttpError::Kind::other;
  }
}

bool has_content_type(const HttpRequest& request) {
  return std::any_of(request.headers.begin(), request.headers.end(), [](const HttpHeader& header) {
    return curl_strequal(header.name.c_str(), "content-type");
  });
}

}  // namespace

Transfer::Transfer(CURL* handle, const HttpOptions& options, const HttpRequest& request,
                   const std::string& url, bool with_secrets)
    : handle_(handle), options_(options), request_(request), url_(url) {
  configure(with_secrets);
}

Transfer::~Transfer() {
  curl_easy_reset(handle_);
  curl_slist_free_all(headers_);
}

void Transfer::add_header(const HttpHeader& header) {
  const std::string line = header.name + ": " + header.value;
  if (line.find_first_of("\r\n") != std::string::npos) {
    throw HttpError(HttpError::Kind::other, shown_url(url_),
                    fmt::format("the value of the header {} has a line break", header.name));
  }
  headers_ = curl_slist_append(headers_, line.c_str());
}

void Transfer::configure(bool with_secrets) {
  const auto set = [this](CURLoption option, auto value) {
    curl_easy_setopt(handle_, option, value);
  };
  set(CURLOPT_URL, url_.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_ERRORBUFFER, reason_);
  set(CURLOPT_USERAGENT, fmt::format("e2lm/{}", kVersion).c_str());
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout_ms));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  if (const char* certificates = std::getenv("SSL_CERT_FILE")) {
    set(CURLOPT_CAINFO, certificates);
  }
  if (request_.method == HttpRequest::Method::head) set(CURLOPT_NOBODY, 1L);
  if (request_.method == HttpRequest::Method::post) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDS, request_.body.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    if (!has_content_type(request_)) add_header({"Content-Type", "application/json"});
    add_header({"Expect", ""});
  }
  // A packed answer has other ranges and lengths than the file.
  if (!request_.sink) set(CURLOPT_ACCEPT_ENCODING, "gzip");
  if (request_.sink) add_header({"Accept-Encoding", "identity"});
  if (request_.range_from) set(CURLOPT_RANGE, fmt::format("{}-", *request_.range_from).c_str());
  for (const HttpHeader& header : request_.headers) add_header(header);
  if (with_secrets) {
    for (const HttpHeader& header : request_.secrets) add_header(header);
  }
  set(CURLOPT_HTTPHEADER, headers_);
  set(CURLOPT_HEADERFUNCTION, on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_XFERINFOFUNCTION, on_progress);
  set(CURLOPT_XFERINFODATA, this);
  set(CURLOPT_NOPROGRESS, 0L);
}

HttpResponse Transfer::run() {
  const CURLcode code = curl_easy_perform(handle_);
  if (thrown_) std::rethrow_exception(thrown_);
  if (stopped_) throw Interrupted();
  if (code != CURLE_OK) fail(code);
  response_.url = url_;
  if (response_.ok() && !head_told_ && request_.on_head) request_.on_head(response_);
  return std::move(response_);
}

void Transfer::fail(CURLcode code) const {
  const std::string where = shown_url(url_);
  if (too_large_) {
    throw HttpError(HttpError::Kind::other, where,
                    fmt::format("the answer has more than {} bytes", options_.max_body_bytes));
  }
  if (stalled_) {
    throw HttpError(HttpError::Kind::connection, where,
                    fmt::format("nothing came for {} s",
                                static_cast<double>(options_.stall_timeout_ms) / 1000));
  }
  throw HttpError(kind_of(code), where, reason_[0] ? reason_ : curl_easy_strerror(code),
                  {.url = url_});
}

// A new status line begins a new answer: an interim one, or that of a proxy, was before it.
bool Transfer::take_header(std::string_view line) {
  if (line.starts_with("HTTP/")) {
    response_.headers.clear();
    const size_t space = line.find(' ');
    response_.status = space == std::string_view::npos
                           ? 0
                           : std::atoi(std::string(line.substr(space + 1, 3)).c_str());
    return true;
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  std::string name = ascii_lower(trim(line.substr(0, colon)));
  response_.headers.push_back({std::move(name), std::string(trim(line.substr(colon + 1)))});
  constexpr size_t kMostHeaders = 1000;
  return response_.headers.size() <= kMostHeaders;
}

void Transfer::take_body(std::string_view piece) {
  if (response_.ok() && request_.sink) {
    if (!head_told_ && request_.on_head) request_.on_head(response_);
    head_told_ = true;
    return request_.sink(piece);
  }
  too_large_ = static_cast<int64_t>(response_.body.size() + piece.size()) > options_.max_body_bytes;
  if (too_large_) throw Error(shown_url(url_), "the answer is too large");
  response_.body += piece;
}

bool Transfer::goes_on(int64_t bytes) {
  stopped_ = options_.stop && options_.stop();
  if (stopped_) return false;
  const auto now = Clock::now();
  if (bytes - window_bytes_ >= options_.stall_bytes) {
    window_ = now;
    window_bytes_ = bytes;
  }
  stalled_ = now - window_ > std::chrono::milliseconds(options_.stall_timeout_ms);
  return !stalled_;
}

size_t Transfer::on_header(char* data, size_t size, size_t count, void* self) {
  return static_cast<Transfer*>(self)->take_header({data, size * count}) ? size * count : 0;
}

// No exception may pass through libcurl.
size_t Transfer::on_body(char* data, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  try {
    transfer->take_body({data, size * count});
    return size * count;
  } catch (...) {
    if (!transfer->too_large_) transfer->thrown_ = std::current_exception();
    return 0;
  }
}

int Transfer::on_progress(void* self, curl_off_t, curl_off_t down, curl_off_t, curl_off_t up) {
  return static_cast<Transfer*>(self)->goes_on(down + up) ? 0 : 1;
}

}  // namespace e2lm
