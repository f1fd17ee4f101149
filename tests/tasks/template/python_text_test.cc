#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/tasks/template/support.h"

namespace e2lm {
namespace {

TEST(PythonTextTest, ScalarsPrintAsInPython) {
  EXPECT_EQ(python_str(Json()), "None");
  EXPECT_EQ(python_str(true), "True");
  EXPECT_EQ(python_str(-7), "-7");
  EXPECT_EQ(python_str("it's"), "it's");
  EXPECT_EQ(python_repr("it's"), "\"it's\"");
}

TEST(PythonTextTest, FloatsPrintTheirShortestDigits) {
  EXPECT_EQ(python_repr(1.0), "1.0");
  EXPECT_EQ(python_repr(-0.0), "-0.0");
  EXPECT_EQ(python_repr(0.1), "0.1");
  EXPECT_EQ(python_repr(1e15 + 0.5), "1000000000000000.5");
  EXPECT_EQ(python_repr(1e15), "1000000000000000.0");
  EXPECT_EQ(python_repr(1e16), "1e+16");
  EXPECT_EQ(python_repr(1.5e300), "1.5e+300");
  EXPECT_EQ(python_repr(1e-4), "0.0001");
  EXPECT_EQ(python_repr(1.25e-5), "1.25e-05");
  EXPECT_EQ(python_repr(5e-324), "5e-324");
  EXPECT_EQ(python_repr(1 / 3.0), "0.3333333333333333");
  EXPECT_EQ(python_repr(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(python_repr(std::nan("")), "nan");
}

// Expected text is Python's json.dumps.
TEST(PythonTextTest, JsonIsThatOfPythonAlsoWhereThatIsNone) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Json value = {
      {"n", {std::nan(""), -std::nan("")}}, {"i", infinity}, {"l", -infinity}, {"r", 1e-5}};
  EXPECT_EQ(python_json(value), R"({"n": [NaN, NaN], "i": Infinity, "l": -Infinity, "r": 1e-05})");
  EXPECT_EQ(python_json(infinity, 2), "Infinity");
}

TEST(PythonTextTest, QuotesAreChosenByContent) {
  EXPECT_EQ(python_repr(R"(say "x")"), R"('say "x"')");
  EXPECT_EQ(python_repr(R"(it's "x")"), R"('it\'s "x"')");
  EXPECT_EQ(python_repr("a\\b\n\r\t"), R"('a\\b\n\r\t')");
}

TEST(PythonTextTest, WhatDoesNotPrintIsEscaped) {
  EXPECT_EQ(python_repr("\x01\x7f\u00a0\u00ad"), R"('\x01\x7f\xa0\xad')");
  EXPECT_EQ(python_repr("\u200b\u2028\ue000\ufeff"), R"('\u200b\u2028\ue000\ufeff')");
  EXPECT_EQ(python_repr("\U000E0041\U0010FFFF"), R"('\U000e0041\U0010ffff')");
  EXPECT_EQ(python_repr("é😀\u0301ǅ½"), "'é😀\u0301ǅ½'");
  EXPECT_EQ(python_repr("\U0001FAE8"), R"('\U0001fae8')") << "came with Unicode 15";
}

TEST(PythonTextTest, ListsAndDictionariesNest) {
  const Json value = {{"k", {1, 2.5, nullptr}}, {"it's", Json::object()}, {"e", Json::array()}};
  EXPECT_EQ(python_str(value), R"({'k': [1, 2.5, None], "it's": {}, 'e': []})");
}

TEST(PythonTextTest, DigitsOfAllScriptsAndRaisedOnesAreDigits) {
  for (const std::string_view text : {"7", "007", "²", "٣", "①", "७", "𝟗"}) {
    EXPECT_TRUE(python_isdigit(text)) << text;
  }
  for (const std::string_view text : {"", "-1", "1.0", " 1", "½", "Ⅷ", "一", "1a", "１ "}) {
    EXPECT_FALSE(python_isdigit(text)) << text;
  }
}

}  // namespace
}  // namespace e2lm
