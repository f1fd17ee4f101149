// No template, whatever its document, crashes or runs for long.

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "tests/support/expect_error.h"
#include "tests/tasks/template/support.h"

namespace e2lm {
namespace {

std::string repeat(std::string_view part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

TEST(TemplateBoundsTest, EndlessLoopsEnd) {
  const std::string steps = "takes more than 1,000,000 steps";
  expect_error([] { render("{% for i in range(10**9) %}{% endfor %}"); }, steps);
  expect_error([] { render("{{ range(10**18)|list|length }}"); }, steps);
  expect_error([] { render("{{ range(10**9)|sum }}"); }, steps);
  expect_error([] { render("{{ [0] * 10**9 }}"); }, steps);
  const std::string nested = repeat("{% for i in range(99) %}", 9) + repeat("{% endfor %}", 9);
  expect_error([&] { render(nested); }, steps);
  EXPECT_EQ(render("{{ range(10**18)|length }}"), "1000000000000000000") << "nothing is walked";
}

TEST(TemplateBoundsTest, OutputAndTextsEndAtTenMegabytes) {
  const std::string bytes = "makes more than 10,000,000 bytes";
  expect_error([] { render("{{ 'x' * 10**9 }}"); }, bytes);
  expect_error([] { render("{{ 'x'.center(10**18) }}"); }, bytes);
  expect_error([] { render("{% for i in range(99) %}{{ 'x' * 10**6 }}{% endfor %}"); }, bytes);
  expect_error([] { render("{{ '%s'|replace('', 'x' * 10**6)|replace('x', 'y' * 99) }}"); }, bytes);
  EXPECT_EQ(render("{{ 'x' * 9000000 }}").size(), 9000000u);
}

TEST(TemplateBoundsTest, SharedListsDoNotMultiply) {
  // A list that holds the one before it twice prints as 2 ** 40 items.
  const std::string doubling = "{% set a = [0] %}" + repeat("{% set a = [a, a] %}", 40);
  const std::string steps = "takes more than 1,000,000 steps";
  expect_error([&] { render(doubling + "{{ a }}"); }, steps);
  expect_error([&] { render(doubling + "{{ a == [a[0], a[1]] }}"); }, steps);
  const std::string tuples = "{% set a = (0,) %}" + repeat("{% set a = (a, a) %}", 40);
  expect_error([&] { render(tuples + "{{ a in {} }}"); }, steps);
}

TEST(TemplateBoundsTest, DeepNestingIsAnError) {
  for (const std::string open : {"(", "[", "{1:", "-", "not ", "[0][", "(x if ", "x.a(", "'' ~ (",
                                 "{{", "x|default(", "x is eq ("}) {
    expect_error([&] { Template::parse("{{ " + repeat(open, 100000), "t"); }, "t:1:");
  }
  for (const std::string link : {".a", "[0]", "|upper", " + 1", " and x", " is none", "[0:1]"}) {
    expect_error([&] { Template::parse("{{ x" + repeat(link, 100000) + " }}", "t"); }, "t:1:");
  }
  for (const std::string tag : {"{% if x %}", "{% for i in x %}", "{% set x %}"}) {
    expect_error([&] { Template::parse(repeat(tag, 100000), "t"); }, "nested too deeply");
  }
  const std::string inward = "{% set a = [] %}" + repeat("{% set a = [a] %}", 100000);
  expect_error([&] { render(inward + "{{ a }}"); }, "nested too deeply");
  expect_error([&] { render(inward + "{{ a == [a[0]] }}"); }, "nested too deeply");
}

TEST(TemplateBoundsTest, ParsingTakesLinearTime) {
  // A quadratic reader would need hours.
  Template::parse(repeat("{{ x }}{# #}{% if x %}y{% endif %}", 100000), "t");
  Template::parse(repeat("{ { % ", 1000000), "t");
  Template::parse("{% raw %}" + repeat("{% endra %}", 300000) + "{% endraw %}", "t");
  EXPECT_EQ(render("{{ ['a'" + repeat(", 'a'", 100000) + "]|length }}"), "100001");
}

TEST(TemplateBoundsTest, LongDocumentsAreStillRendered) {
  const Json document = {{"text", repeat("word ", 200000)}, {"items", Json::array()}};
  const auto rendered = [&](std::string_view source) {
    return Template::parse(source, "t").render(document);
  };
  EXPECT_EQ(rendered("{{ text.strip() }}").size(), 999999u);
  EXPECT_EQ(rendered("{{ text.split(' ')|length }}"), "200001");
  EXPECT_EQ(rendered("{{ text.split()[-1] }}{{ text[999998] }}"), "wordd");
  EXPECT_EQ(rendered("{{ text.count('word') }}"), "200000");
}

// What hostile input leads to: an error or a text, never a crash.
void survive(const std::string& source, const Json& document) {
  try {
    Template::parse(source, "t").render(document);
  } catch (const Error&) {
  }
  try {
    parse_python_literal(source, "t");
  } catch (const Error&) {
  }
}

TEST(TemplateBoundsTest, RandomBytesNeverCrash) {
  std::mt19937 random(7);
  const Json document = {{"x", "text"}};
  for (int round = 0; round < 20000; ++round) {
    std::string source(random() % 40, ' ');
    for (char& c : source) c = static_cast<char>(random());
    survive(source, document);
    survive("{{" + source + "}}", document);
  }
}

TEST(TemplateBoundsTest, RandomTokensNeverCrash) {
  const std::vector<std::string> tokens = {
      "{{",      "}}",    "{%",     "%}",    "x",       "xs",      "d",      "nope",   "loop",
      "if",      "else",  "endif",  "for",   "in",      "endfor",  "set",    "endset", "with",
      "endwith", "is",    "not",    "and",   "or",      "(",       ")",      "[",      "]",
      "{",       "}",     ".",      ",",     ":",       "|",       "~",      "+",      "-",
      "*",       "**",    "/",      "//",    "%",       "==",      "<",      "0",      "-1",
      "3",       "1.5",   "'a'",    "'%s'",  "'{}'",    "'\\n'",   "'é😀'",   "''",     "none",
      "true",    "split", "strip",  "join",  "format",  "replace", "index",  "get",    "items",
      "map",     "sort",  "list",   "upper", "default", "reverse", "length", "round",  "select",
      "range",   "dict",  "string", "title", "center",  "tojson",  "int",    "odd",    "defined",
      "elif",    "raw",   "endraw", "{#",    "#}",      "-%}",     "{%-",    "\n",     "="};
  const Json document =
      parse_json(R"({"x": "tex té😀", "xs": ["a", 1, null], "d": {"k": [1.5]}})", "document");
  std::mt19937 random(11);
  for (int round = 0; round < 50000; ++round) {
    std::string source = round % 2 == 0 ? "{{ " : "{% ";
    for (size_t i = random() % 12; i > 0; --i) source += tokens[random() % tokens.size()] + " ";
    survive(source + (round % 2 == 0 ? "}}" : "%}"), document);
  }
}

TEST(TemplateBoundsTest, DamagedTemplatesNeverCrash) {
  const std::string whole =
      "{% for a, b in d.items() if a %}{{ loop.index }}{{ '%s' % [a, b[1:]] }}{% else %}-"
      "{% endfor %}{% set y = x|replace('a', \"\\u00e9\")|title %}{{ {'k': (y, -1.5e3)}['k'][0] }}"
      "{# note #}{%- raw -%} {{ }} {%- endraw %}{% if x is not none and 1 < 2 %}{{ xs|join(', ') }}"
      "{% elif x %}{% with z = [x] * 2 %}{{ z }}{% endwith %}{% endif %}";
  const Json document = parse_json(R"({"x": "a b", "xs": ["a"], "d": {"k": [1, 2]}})", "document");
  EXPECT_EQ(Template::parse(whole, "t").render(document), "1['k', [2]]É B{{ }}a");
  for (size_t cut = 0; cut < whole.size(); ++cut) {
    survive(whole.substr(0, cut), document);
    survive(whole.substr(cut), document);
    survive(whole.substr(0, cut) + whole.substr(cut + 1), document);
  }
}

}  // namespace
}  // namespace e2lm
