#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

// What is asked of a web server and what it answers.

namespace e2lm {

struct HttpHeader {
  std::string name;  // of an answer: in lower case
  std::string value;
};

struct HttpResponse {
  int status = 0;
  std::string url;                           // after redirects
  std::vector<HttpHeader> headers;           // of the last answer
  std::vector<HttpHeader> redirect_headers;  // of the redirects before it, in order
  std::string body;                          // unless a sink took it

  bool ok() const { return status >= 200 && status < 300; }
  // The value of a header of the last answer, or "". `name` in lower case.
  std::string header(std::string_view name) const;
  // The same, but a redirect's header goes first: what the first server says of a file that
  // another one sends.
  std::string first_header(std::string_view name) const;
};

struct HttpRequest {
  enum class Method { get, head, post };

  Method method = Method::get;
  std::string url;
  std::vector<HttpHeader> headers;
  // As {"Authorization", "Bearer ..."}: sent to the URL's own scheme, host and port alone, never to
  // another that it redirects to, and shown in no message.
  std::vector<HttpHeader> secrets;
  std::string body;                   // of a post; JSON unless headers say otherwise
  std::optional<int64_t> range_from;  // ask for the bytes from here to the end
  // Called with status and headers of an answer of 2xx, before its body; may throw.
  std::function<void(const HttpResponse&)> on_head;
  // Takes the body of an answer of 2xx piece by piece; may throw. Without one it is collected.
  std::function<void(std::string_view)> sink;
};

// A request that failed: no answer of 2xx, or a connection that broke. The message names the URL
// without its query, and shows no secret even if the server repeats it.
class HttpError : public Error {
 public:
  enum class Kind {
    status,       // the server answered something else than 2xx: see `response`
    unreachable,  // no connection to the server of response.url: its name is not known, or it
                  // refuses, or does not answer
    connection,   // a connection that broke or stalled
    other,        // a certificate, a redirect, an answer that is too large
  };

  HttpError(Kind kind, std::string_view where, std::string_view what, HttpResponse response = {},
            std::string_view expected = {});

  Kind kind = Kind::other;
  HttpResponse response;

  // Whether trying again can help: connections, 408, 429 and 5xx.
  bool may_pass() const;
};

}  // namespace e2lm
