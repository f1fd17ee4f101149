#include "harness/http/url.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>

#include "base/error.h"

namespace e2lm {
namespace {

// libcurl's own parser, so that what is checked here is what is asked there.
class ParsedUrl {
 public:
  explicit ParsedUrl(const std::string& text) : url_(curl_url()) { set(text); }

  void set(const std::string& text) {
    if (curl_url_set(url_.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
      throw Error("", "a link is no URL", "https://...");
    }
  }

  std::string get(CURLUPart part, unsigned flags = 0) const {
    char* text = nullptr;
    if (curl_url_get(url_.get(), part, &text, flags) != CURLUE_OK) return "";
    std::string copy = text;
    curl_free(text);
    return copy;
  }

  void clear(CURLUPart part) { curl_url_set(url_.get(), part, nullptr, 0); }

 private:
  struct Free {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
  };
  std::unique_ptr<CURLU, Free> url_;
};

}  // namespace

std::string origin_of(const std::string& url) {
  const ParsedUrl parsed(url);
  const std::string scheme = parsed.get(CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    throw Error(shown_url(url), "is no URL of the web", "http:// or https://");
  }
  return fmt::format("{}://{}:{}", scheme, parsed.get(CURLUPART_HOST),
                     parsed.get(CURLUPART_PORT, CURLU_DEFAULT_PORT));
}

std::string resolve_url(const std::string& base, const std::string& reference) {
  ParsedUrl parsed(base);
  parsed.set(reference);
  return parsed.get(CURLUPART_URL);
}

std::string shown_url(const std::string& url) {
  try {
    ParsedUrl parsed(url);
    for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS,
                                 CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
      parsed.clear(part);
    }
    return parsed.get(CURLUPART_URL);
  } catch (const Error&) {
    return "a URL that cannot be read";
  }
}

std::string escape_url(std::string_view text, bool keep_slashes) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string escaped;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos || (keep_slashes && c == '/')) {
      escaped += c;
    } else {
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

}  // namespace e2lm
