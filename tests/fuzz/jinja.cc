#include "base/json.h"
#include "tasks/template/template.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace e2lm::fuzz {

constexpr std::string_view kRow =
    R"({"text": "A b, c\n", "n": -3, "x": 0.5, "none": null, "yes": true,)"
    R"( "list": ["a", 1, [2, {}]], "map": {"k": "v", "items": [1]}})";

void jinja(std::string_view input) {
  const auto [source, row] = cut(input, "=== row");
  allow_errors([&, source = source, row = row] {
    const Template read = Template::parse(source, "template");
    const Json document = parse_json(row.empty() ? kRow : row, "row");
    if (document.is_object()) read.render(document);
  });
  allow_errors([&, source = source] { parse_python_literal(source, "literal"); });
}

}  // namespace e2lm::fuzz
