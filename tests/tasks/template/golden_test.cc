// Templates and literals as jinja2 and CPython read them; tests/golden/README.md says how the files
// were made.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "base/error.h"
#include "tasks/template/template.h"
#include "tests/support/places.h"

namespace e2lm {
namespace {

const Path kFolder = source_dir() / "tests/golden/jinja";

// What jinja2 renders and we refuse with a sentence.
constexpr std::string_view kRefused[] = {
    "{{ self }}",  // prints <TemplateReference None>
    // An integer beyond 64 bits.
    "{{ 1.0 }} {{ 1e16 }} {{ 1e15 + 0.5 }} {{ 0.1 + 0.2 }} {{ 1 / 3 }} {{ 1e-5 }} "
    "{{ 100000000000000000000 * 10 }} {{ 3.0 * 2 }}",
};

bool is_refused(const std::string& source) {
  return std::find(std::begin(kRefused), std::end(kRefused), source) != std::end(kRefused);
}

// What the harness makes of a rendered text, by the field the template stands in.
Json read_field(const std::string& field, const std::string& text) {
  if (field == "doc_to_choice") return parse_python_literal(text, field);
  if (python_isdigit(text)) return parse_python_literal(text, field);
  const bool bracketed = text.size() >= 2 && text.front() == '[' && text.back() == ']';
  if (field == "doc_to_target" && bracketed) {
    try {
      return parse_python_literal(text, field);
    } catch (const Error&) {
      return text;
    }
  }
  return text;
}

void check_field(const std::string& field, const std::string& text, const Json& expected) {
  if (expected.contains("error")) {
    EXPECT_THROW(read_field(field, text), Error) << field;
  } else {
    EXPECT_EQ(read_field(field, text), expected["value"]) << field;
  }
}

void check(const Json& row) {
  const std::string source = row["template"];
  if (row.contains("error") || is_refused(source)) {
    EXPECT_THROW(Template::parse(source, "t").render(row["doc"]), Error);
    return;
  }
  const std::string text = Template::parse(source, "t").render(row["doc"]);
  ASSERT_EQ(text, row["expected"].get<std::string>());
  if (!row.contains("post")) return;
  for (const auto& [field, expected] : row["post"].items()) check_field(field, text, expected);
}

// Checks every row of a file and returns how many there are.
int check_file(const Path& path) {
  int rows = 0;
  for_each_json_line(path, [&](int64_t line, const Json& row) {
    SCOPED_TRACE(path.filename().string() + ":" + std::to_string(line));
    ++rows;
    try {
      check(row);
    } catch (const Error& error) {
      ADD_FAILURE() << error.what() << "\nwas expected to give " << row.dump();
    }
  });
  return rows;
}

TEST(TemplateGoldenTest, TemplatesOfRealTasksRenderAsInTheOriginal) {
  EXPECT_EQ(check_file(kFolder / "cases.jsonl"), 998);
}

TEST(TemplateGoldenTest, GeneratedTemplatesRenderAsInTheOriginal) {
  EXPECT_EQ(check_file(kFolder / "generated.jsonl"), 1500);
}

TEST(TemplateGoldenTest, AllTemplatesOfRealTasksRenderAsInTheOriginal) {
  const Path all = source_dir() / "../shared/golden/jinja/cases.jsonl";
  if (!std::filesystem::exists(all)) {
    GTEST_SKIP() << all << " with the full set of 1710 cases is not here";
  }
  EXPECT_EQ(check_file(all), 1710);
}

TEST(TemplateGoldenTest, LiteralsAreReadAsInPython) {
  const Path path = kFolder / "literals.jsonl";
  for_each_json_line(path, [&](int64_t line, const Json& row) {
    SCOPED_TRACE("literals.jsonl:" + std::to_string(line) + ": " + row["text"].dump());
    const std::string text = row["text"];
    if (row.contains("error")) {
      EXPECT_THROW(parse_python_literal(text, "t"), Error);
    } else {
      EXPECT_EQ(parse_python_literal(text, "t").dump(), row["value"].dump());
    }
  });
}

}  // namespace
}  // namespace e2lm
