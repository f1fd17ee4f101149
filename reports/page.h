#pragma once

#include <string>
#include <string_view>

#include "reports/report.h"

namespace e2lm {

// The report as one HTML file that needs nothing else: styles, script, charts (Chart.js) and data
// are inside, nothing is loaded from a network. Tables are in the HTML itself; the script draws the
// curves and sorts. The same report gives the same bytes.
std::string page_html(const Report& report);

// Text as it may stand in HTML, in attributes too.
std::string escape_html(std::string_view text);

// JSON as it may stand inside a script element: no "<" in it.
std::string script_json(const Json& json);

}  // namespace e2lm
