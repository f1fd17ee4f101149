#include "harness/http/message.h"

#include <utility>

namespace e2lm {
namespace {

const HttpHeader* find(const std::vector<HttpHeader>& headers, std::string_view name) {
  for (const HttpHeader& header : headers) {
    if (header.name == name) return &header;
  }
  return nullptr;
}

}  // namespace

std::string HttpResponse::header(std::string_view name) const {
  const HttpHeader* found = find(headers, name);
  return found ? found->value : "";
}

std::string HttpResponse::first_header(std::string_view name) const {
  const HttpHeader* found = find(redirect_headers, name);
  return found ? found->value : header(name);
}

HttpError::HttpError(Kind error_kind, std::string_view where, std::string_view what,
                     HttpResponse answer, std::string_view expected)
    : Error(where, what, expected), kind(error_kind), response(std::move(answer)) {}

bool HttpError::may_pass() const {
  if (kind == Kind::connection || kind == Kind::unreachable) return true;
  const int status = response.status;
  return kind == Kind::status &&
         (status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501));
}

}  // namespace e2lm
