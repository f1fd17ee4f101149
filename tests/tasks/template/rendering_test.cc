// The rules of jinja2 and Python that are easily missed; the bulk is in golden_test.cc.

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/tasks/template/support.h"

namespace e2lm {
namespace {

TEST(RenderingTest, WhiteSpaceAroundTagsIsKeptUnlessTheyHaveADash) {
  EXPECT_EQ(render("a\n{% if true %}\nb\n{% endif %}\n"), "a\n\nb\n\n");
  EXPECT_EQ(render("a \n {%- if true -%} \n b {%- endif %} c\n"), "ab c\n");
  EXPECT_EQ(render("a {{- 1 -}} b {#- c -#} d"), "a1bd");
  EXPECT_EQ(render("{{-1}}{{+1}}"), "11") << "the sign belongs to the tag";
  EXPECT_EQ(render("a\r\nb\rc"), "a\nb\nc");
  EXPECT_EQ(render("{% raw %}{{ x }}{% endraw %}{%- raw -%} {% y {%- endraw %}"), "{{ x }}{% y");
}

TEST(RenderingTest, OperatorsBindAsInJinja) {
  EXPECT_EQ(render("{{ 1 + 2 * 3 }} {{ 2 ** 3 ** 2 }} {{ 1 ~ 2 * 3 }} {{ '5' + 1 ~ 2 }}"),
            "7 64 16 512");
  EXPECT_EQ(render("{{ 'ab' + 'c'|upper }} {{ -3|abs }} {{ not 1 == 2 }}"), "abC 3 True");
  EXPECT_EQ(render("{{ 1 < 2 < 3 }} {{ 1 < 2 > 3 }} {{ 1 if 0 else 2 if 0 else 3 }}"),
            "True False 3");
  EXPECT_EQ(render("{{ 'a' 'b' }} {{ 1, 2 }} {{ x[0].y.1 }}", R"({"x": [{"y": [5, 6]}]})"),
            "ab (1, 2) 6");
  EXPECT_EQ(render("{{ 0 or 'x' }} [{{ '' and 1 }}] {{ none or [] }}"), "x [] []");
}

TEST(RenderingTest, NumbersFollowPython) {
  EXPECT_EQ(render("{{ 7 // -2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ -7.5 // 2 }} {{ -7.5 % 2 }}"),
            "-4 2 -2 -4.0 0.5");
  EXPECT_EQ(render("{{ 6 / 3 }} {{ 2 ** -1 }} {{ true + true }} {{ 1 == 1.0 }}"), "2.0 0.5 2 True");
  EXPECT_EQ(render("{{ 2.5|round }} {{ 2.675|round(2) }} {{ 7|round(1) }}"), "2.0 2.67 7");
  EXPECT_EQ(render("{{ 9007199254740993 == 9007199254740992.0 }}"), "False");
  EXPECT_EQ(render("{{ ' 4_2 '|int }} {{ '4.9'|int }} {{ 'x'|int(-1) }} {{ '٣'|int }}"),
            "42 4 -1 3");
}

TEST(RenderingTest, TextsAreMadeOfCodePoints) {
  const std::string document = R"({"s": "a😀é", "p": "\u00a0\u2003x\u3000\n"})";
  EXPECT_EQ(
      render("{{ s[1] }} {{ s[-1] }} {{ s[::-1] }} {{ s|length }} {{ s.index('é') }}", document),
      "😀 é é😀a 3 2");
  EXPECT_EQ(render("[{{ p.strip() }}] {{ p.split() }} {{ p.strip('\\n') }}", document),
            "[x] ['x'] \u00a0\u2003x\u3000");
  EXPECT_EQ(render("{{ 'straße ΑΣ'.upper() }} {{ 'ΑΣ ΟΔΟΣ'.lower() }} {{ \"it's ǆ\".title() }}"),
            "STRASSE ΑΣ ας οδος It'S ǅ");
  EXPECT_EQ(render("{{ 'a😀b'.split('😀') }} {{ 'a😀'.center(5, '*') }}"), "['a', 'b'] **a😀*");
}

// Expectations are CPython's; all texts up to six characters of these were compared with it once.
TEST(RenderingTest, SplitsAtSpaceThatAreCountedKeepTheFarEnd) {
  const std::string document = R"({"x": " a  b ", "y": "\u00a0a\t b\u00a0", "z": "a \n"})";
  EXPECT_EQ(
      render("{{ x.split(maxsplit=0) }} {{ x.split(none, 1) }} {{ x.split(none, 2) }}", document),
      "['a  b '] ['a', 'b '] ['a', 'b']");
  EXPECT_EQ(render("{{ x.rsplit(maxsplit=0) }} {{ x.rsplit(none, 1) }} {{ x.rsplit(none, 2) }}",
                   document),
            "[' a  b'] [' a', 'b'] ['a', 'b']");
  EXPECT_EQ(render("{{ y.split(none, 1) }} {{ y.rsplit(none, 1) }}", document),
            "['a', 'b\\xa0'] ['\\xa0a', 'b']");
  EXPECT_EQ(
      render("{{ z.split(none, 0) }} {{ z.split(none, 1) }} {{ z.rsplit(none, 0) }}", document),
      "['a \\n'] ['a'] ['a']");
}

TEST(RenderingTest, SlicesFollowPython) {
  EXPECT_EQ(
      render("{{ x[1:] }} {{ x[:-1] }} {{ x[::2] }} {{ x[5:] }} {{ x[-9:2] }} {{ x[2:0:-1] }}",
             R"({"x": [1, 2, 3]})"),
      "[2, 3] [1, 2] [1, 3] [] [1, 2] [3, 2]");
  EXPECT_EQ(render("{{ 'x' and b['None'[-2::]] is undefined }}", R"({"b": {}})"), "True")
      << "the slice of an index is not one of the object";
}

TEST(RenderingTest, UndefinedIsAnErrorOnlyWhenUsed) {
  EXPECT_EQ(render("{{ x is defined }} {{ x|default('d') }} {{ [x] }} {{ 'a' if false }}."),
            "False d [Undefined] .");
  EXPECT_EQ(render("{{ d.k is defined }} {{ d['k'] is undefined }}", R"({"d": {}})"), "False True");
  for (const std::string_view use : {"x", "x.y", "x + 1", "x == 1", "not x", "x|length", "x()",
                                     "x in [1]", "x|join", "x if x else 1", "'a' ~ x"}) {
    expect_error([&] { render("{{ " + std::string(use) + " }}"); }, "'x' is undefined");
  }
}

TEST(RenderingTest, AttributesFindKeysButMethodsComeFirst) {
  const std::string document = R"({"d": {"label": 1, "items": 2, "get": 3}})";
  EXPECT_EQ(render("{{ d.label }} {{ d['items'] }} {{ d.items()|list|length }}", document),
            "1 2 3");
  expect_error([&] { render("{{ d.get }}", document); },
               "expected a call of it, or ['get'] for a key");
}

TEST(RenderingTest, WhatALoopSetsStaysInside) {
  EXPECT_EQ(render("{% set y = 1 %}{% for i in [2, 3] %}{{ y }}{% set y = i %}{{ y }}{% endfor %}"
                   "{{ y }}"),
            "12131");
  EXPECT_EQ(render("{% if true %}{% set y = 2 %}{% endif %}{{ y }}", R"({"y": 1})"), "2");
  EXPECT_EQ(render("{% with y = 5, z = y %}{{ y }}{{ z }}{% endwith %}{{ y }}", R"({"y": 1})"),
            "511");
}

TEST(RenderingTest, ANameThatIsSetLaterIsNotTheDocumentsInTheScopesBefore) {
  const std::string document = R"({"y": "doc", "xs": [1]})";
  const std::string loop = "{% for i in xs %}{{ y is defined }}{% endfor %}";
  EXPECT_EQ(render(loop + "{% set y = 1 %}", document), "False");
  EXPECT_EQ(render("{{ y }}" + loop + "{% set y = 1 %}", document), "docTrue");
  EXPECT_EQ(render(loop + "{% if true %}{% set y = 1 %}{% endif %}", document), "True");
  EXPECT_EQ(render("{% set y %}{{ y is defined }}{% endset %}{{ y }}", document), "False");
}

TEST(RenderingTest, LoopsKnowWhereTheyStand) {
  EXPECT_EQ(render("{% for i in 'abc' %}{{ loop.index }}{{ loop.revindex0 }}{{ i }}"
                   "{{ ',' if not loop.last }}{% else %}none{% endfor %}"),
            "12a,21b,30c");
  EXPECT_EQ(render("{% for i in [] %}{% else %}none{% endfor %}"), "none");
  EXPECT_EQ(render("{% for i in [1, 2, 3] if i != 2 %}{{ loop.index }}{{ i }} {% endfor %}"),
            "11 23 ");
  EXPECT_EQ(
      render("{% for a, b in [(1, 2), 'xy'] if a %}{{ loop.previtem|default('-') }}{% endfor %}"),
      "-(1, 2)");
}

TEST(RenderingTest, IteratorsAreReadOnce) {
  EXPECT_EQ(render("{{ ['a']|map('upper')|join }} {{ ['b', 'a']|sort|first }}"), "A a");
  const std::string twice = "{% set m = ['a']|map('upper') %}{{ m|list }}{{ m|list }}";
  expect_error([&] { render(twice); }, "an iterator is read twice");
  EXPECT_EQ(render("{% set m = {'k': 1}.items() %}{{ m|list }}{{ m|length }}"), "[('k', 1)]1");
}

TEST(RenderingTest, TheDocumentIsNotChanged) {
  const Json document = parse_json(R"({"xs": [3, 1, 2]})", "d");
  const Template sorted =
      Template::parse("{% set xs = xs|sort %}{{ xs }}{{ xs|reverse|list }}", "t");
  EXPECT_EQ(sorted.render(document), "[1, 2, 3][3, 2, 1]");
  EXPECT_EQ(sorted.render(document), "[1, 2, 3][3, 2, 1]");
  EXPECT_EQ(document["xs"].dump(), "[3,1,2]");
  EXPECT_EQ(sorted.source(), "{% set xs = xs|sort %}{{ xs }}{{ xs|reverse|list }}");
}

TEST(RenderingTest, ATemplateMovesWithItsTexts) {
  Template first = Template::parse("{{ 'short' }} {{ x }}", "t");
  Template second = std::move(first);
  first = Template::parse("other", "t");
  EXPECT_EQ(second.render({{"x", 1}}), "short 1");
}

}  // namespace
}  // namespace e2lm
