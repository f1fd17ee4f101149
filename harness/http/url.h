#pragma once

#include <string>
#include <string_view>

namespace e2lm {

// Who gets what is said to a URL: its scheme, host and port, as https://huggingface.co:443.
// Throws Error if the text is no http or https URL.
std::string origin_of(const std::string& url);

// `reference` (a Location header, say) as seen from `base`. Throws Error if the result is no URL.
std::string resolve_url(const std::string& base, const std::string& reference);

// The URL as messages may show it: without user, password, query and fragment, which can hold
// secrets (signed links).
std::string shown_url(const std::string& url);

// Everything but letters, digits and -._~ as %XX; slashes too, unless they are kept.
std::string escape_url(std::string_view text, bool keep_slashes = false);

}  // namespace e2lm
