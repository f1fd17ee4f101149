#include "harness/http/client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <mutex>
#include <utility>
#include <vector>

#include "base/text.h"
#include "harness/http/transfer.h"
#include "harness/http/url.h"

namespace e2lm {
namespace {

constexpr size_t kShownBody = 300;  // characters of a refusal that a message repeats

// What a server says of a refusal: a JSON object's "error" or "message", or the beginning of its
// text, in one line.
std::string reason_of(const HttpResponse& response) {
  std::string text = response.header("x-error-message");
  if (text.empty()) {
    const Json json = Json::parse(response.body, nullptr, false);
    if (json.is_object()) {
      for (const char* key : {"error", "message", "detail"}) {
        if (!text.empty() || !json.contains(key)) continue;
        const Json& value = json[key];
        if (value.is_string()) text = value.get<std::string>();
        if (value.is_object() && value.contains("message") && value["message"].is_string()) {
          text = value["message"].get<std::string>();
        }
      }
    }
  }
  const bool page = response.header("content-type").find("html") != std::string::npos;
  if (text.empty() && !page && is_utf8(response.body)) text = response.body;
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  size_t end = std::min(text.size(), kShownBody);
  while (end < text.size() && end > 0 && (text[end] & 0xC0) == 0x80) --end;
  return std::string(trim(text.substr(0, end)));
}

// Servers repeat what they were sent, credentials too.
std::string without_secrets(std::string text, const std::vector<HttpHeader>& secrets) {
  for (const HttpHeader& secret : secrets) {
    std::vector<std::string> words = split(secret.value, ' ');
    words.insert(words.begin(), secret.value);
    for (const std::string& word : words) {
      if (word.size() < 5 || word == "Bearer" || word == "Basic") continue;
      for (size_t at = text.find(word); at != std::string::npos; at = text.find(word)) {
        text.replace(at, word.size(), "***");
      }
    }
  }
  return text;
}

const char* meaning_of(int status) {
  switch (status) {
    case 400:
      return "wrong request";
    case 401:
      return "not authorized";
    case 403:
      return "forbidden";
    case 404:
      return "not found";
    case 416:
      return "no such range";
    case 429:
      return "too many requests";
    default:
      return status >= 500 ? "the server has failed" : "no success";
  }
}

HttpError status_error(const HttpRequest& request, HttpResponse response) {
  const std::string said = without_secrets(reason_of(response), request.secrets);
  const std::string what = fmt::format("the server answered {} ({}){}{}", response.status,
                                       meaning_of(response.status), said.empty() ? "" : ": ", said);
  const std::string where = shown_url(response.url);
  return {HttpError::Kind::status, where, what, std::move(response)};
}

bool is_followed(const HttpRequest& request, int status) {
  if (status == 307 || status == 308) return true;
  const bool other = status == 301 || status == 302 || status == 303;
  return other && request.method != HttpRequest::Method::post;
}

Json json_of(const HttpResponse& response) {
  return parse_json(response.body, shown_url(response.url));
}

}  // namespace

// Idle handles, each with the connections it has open.
struct HttpClient::Handles {
  std::mutex mutex;
  std::vector<CURL*> idle;

  ~Handles() {
    for (CURL* handle : idle) curl_easy_cleanup(handle);
  }

  CURL* take() {
    const std::lock_guard lock(mutex);
    CURL* handle = nullptr;
    if (idle.empty()) {
      handle = curl_easy_init();
      if (!handle) throw Error("libcurl", "cannot start");
    } else {
      handle = idle.back();
      idle.pop_back();
    }
    return handle;
  }

  void give_back(CURL* handle) {
    const std::lock_guard lock(mutex);
    idle.push_back(handle);
  }
};

HttpClient::HttpClient(HttpOptions options)
    : options_(std::move(options)), handles_(std::make_unique<Handles>()) {
  static std::once_flag started;
  std::call_once(started, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

HttpClient::~HttpClient() = default;

HttpResponse HttpClient::exchange(const HttpRequest& request, const std::string& url,
                                  bool with_secrets) const {
  struct Borrowed {
    Handles& from;
    CURL* handle;
    ~Borrowed() { from.give_back(handle); }
  };
  const Borrowed borrowed{*handles_, handles_->take()};
  return Transfer(borrowed.handle, options_, request, url, with_secrets).run();
}

HttpResponse HttpClient::send_once(const HttpRequest& request) const {
  const std::string origin = origin_of(request.url);
  std::vector<HttpHeader> redirect_headers;
  std::string url = request.url;
  HttpRequest watched = request;
  if (request.on_head) {
    watched.on_head = [&](HttpResponse head) {
      head.redirect_headers = redirect_headers;
      request.on_head(head);
    };
  }
  for (int hop = 0; hop <= options_.max_redirects; ++hop) {
    HttpResponse response = exchange(watched, url, origin_of(url) == origin);
    const std::string location = response.header("location");
    if (!is_followed(request, response.status) || location.empty()) {
      response.redirect_headers = std::move(redirect_headers);
      if (!response.ok()) throw status_error(request, std::move(response));
      return response;
    }
    const std::string next = resolve_url(url, location);
    if (url.starts_with("https:") && !next.starts_with("https:")) {
      throw HttpError(HttpError::Kind::other, shown_url(url),
                      "redirects to " + shown_url(next) + ", which is not encrypted");
    }
    redirect_headers.insert(redirect_headers.end(), response.headers.begin(),
                            response.headers.end());
    url = next;
  }
  throw HttpError(HttpError::Kind::other, shown_url(request.url),
                  fmt::format("redirects more than {} times", options_.max_redirects));
}

HttpResponse HttpClient::send(const HttpRequest& request) const {
  Backoff backoff(options_.retry, options_.stop);
  bool taken = false;
  HttpRequest watched = request;
  if (request.sink) {
    watched.sink = [&](std::string_view piece) {
      taken = true;
      request.sink(piece);
    };
  }
  for (;;) {
    try {
      return send_once(watched);
    } catch (const HttpError& failure) {
      if (taken) throw;
      backoff.wait_after(failure);
    }
  }
}

Json HttpClient::get_json(const std::string& url, const std::vector<HttpHeader>& secrets) const {
  return json_of(send({.url = url, .secrets = secrets}));
}

Json HttpClient::post_json(const std::string& url, const std::vector<HttpHeader>& secrets,
                           const Json& body) const {
  return json_of(send({.method = HttpRequest::Method::post,
                       .url = url,
                       .secrets = secrets,
                       .body = body.dump(-1, ' ', false, Json::error_handler_t::replace)}));
}

}  // namespace e2lm
