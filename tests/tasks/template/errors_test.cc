#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/tasks/template/support.h"

namespace e2lm {
namespace {

void expect_parse_error(std::string_view source, const std::string& message) {
  expect_error([&] { Template::parse(source, "task.yaml: doc_to_text"); }, message);
}

void expect_render_error(std::string_view source, const std::string& message) {
  const Json document = parse_json(R"({"question": "q", "answer": 3, "xs": ["a"], "d": {}})", "d");
  const Template parsed = Template::parse(source, "t");
  expect_error([&] { parsed.render(document); }, message);
}

TEST(TemplateErrorsTest, SyntaxErrorsNameFileLineAndColumn) {
  expect_parse_error("{{ x ", "task.yaml: doc_to_text:1:1: a tag is not closed (expected }})");
  expect_parse_error("one\ntwo {{ x y }}",
                     "doc_to_text:2:10: 'y' stands here (expected '}}' or an operator)");
  expect_parse_error("é😀 {{ }}", ":1:7: '}}' stands here (expected a value)");
  expect_parse_error("{% for i in xs %}",
                     "the template ends inside of a block (expected {% endfor");
  expect_parse_error("{% endif %}", ":1:4: the tag 'endif' is not known here");
  expect_parse_error("{{ (1] }}", ":1:6: ']' closes another bracket (expected ')')");
  expect_parse_error("{{ 'abc }}", ":1:4: a string is not closed (expected ')");
  expect_parse_error("{# ", ":1:1: a comment is not closed (expected #})");
  expect_parse_error("{% raw %} x", ":1:1: a raw block is not closed");
  expect_parse_error("{{ a ! b }}", ":1:6: '!' means nothing here");
  expect_parse_error("{{ '\\x4' }}", ":1:5: the escape misses digits");
}

TEST(TemplateErrorsTest, WhatIsOutsideOfTheSubsetIsRefusedByName) {
  expect_parse_error("{% macro m() %}{% endmacro %}", "the tag 'macro' is not known here");
  expect_parse_error("{{ x|uper }}", ":1:6: the filter 'uper' is not known (expected 'upper')");
  expect_parse_error("{{ x is definedd }}",
                     "the test 'definedd' is not known (expected 'defined')");
  expect_parse_error("{{ x[0]() }}", "a call of this is not supported");
  expect_parse_error("{{ f(*xs) }}", "arguments out of a list are not supported");
  expect_parse_error("{{ 'a' ~ (x|tojson) }}", ":1:13: escape and tojson are supported only as");
  expect_parse_error("{% set x = y|escape %}", ":1:14: escape and tojson are supported only as");
  expect_parse_error("{% for x in xs recursive %}{% endfor %}", "a recursive loop");
  expect_parse_error("{{ 99999999999999999999 }}", ":1:4: an integer passes 64 bits");
  expect_render_error("{{ xs.append('b') }}",
                      "1:7: the method 'append' of a list is not supported here");
  expect_render_error("{{ question.swapcase() }}",
                      "1:13: the method 'swapcase' of a str is not supported here");
  expect_render_error("{{ xs.append }}", "the attribute 'append' of a list is not supported here");
  expect_parse_error("{% set ns.c = ns.c + 1 %}",
                     ":1:10: setting an attribute of a namespace is not supported");
  expect_render_error("{{ xs.__class__ }}", "the attribute '__class__' of a list is not supported");
  expect_render_error("{{ d.items }}", "the attribute 'items' of a dict is not supported here");
  expect_render_error("{{ d|items }}", "a generator cannot be printed");
  expect_render_error("{{ namespace() }}", "'namespace' is not supported here");
}

TEST(TemplateErrorsTest, MistakesInUseNameTheirPlace) {
  expect_render_error("{{ qestion }}", "t:1:4: 'qestion' is undefined (expected 'question')");
  expect_render_error("\n {{ zzzz }}", "t:2:5: 'zzzz' is undefined (expected question, answer, xs");
  expect_render_error("{{ answer + 'x' }}", "1:11: '+' is not supported between int and str");
  expect_render_error("{{ question.nope }}", "1:13: 'str object' has no attribute 'nope'");
  expect_render_error("{{ xs[3] }}", "1:6: list object has no element 3");
  expect_render_error("{{ xs.index('b') }}", "1:7: 'b' is not in the list");
  expect_render_error("{{ 1 // 0 }}", "1:6: division by zero");
  expect_render_error("{{ 9223372036854775807 + 1 }}", "an integer passes 64 bits");
  expect_render_error("{% for a, b in xs %}{% endfor %}", "1 values are unpacked (expected 2)");
  expect_render_error("{{ question.split('') }}", "split got no separator");
  expect_render_error("{{ question.strip(1, 2) }}", "strip has too many arguments");
  expect_render_error("{{ xs|join(x=1) }}", "join does not know the argument 'x'");
  expect_error([] { Template::parse("x", "t").render(Json::array()); }, "t: ", "is no object");
}

TEST(TemplateErrorsTest, IntegersBeyond64BitsAreRefusedRatherThanRounded) {
  EXPECT_EQ(render("{{ n }}", R"({"n": 9223372036854775807})"), "9223372036854775807");
  expect_error([] { render("{{ n }}", R"({"n": 9223372036854775808})"); }, "does not fit 64 bits");
  expect_error([] { render("{{ 2 ** 63 }}"); }, "an integer passes 64 bits");
  EXPECT_EQ(render("{{ -9223372036854775807 - 1 }}"), "-9223372036854775808");
  expect_error([] { render("{{ (-9223372036854775807 - 1) // -1 }}"); }, "passes 64 bits");
  EXPECT_EQ(render("{{ (-9223372036854775807 - 1) % -1 }}"), "0");
}

}  // namespace
}  // namespace e2lm
