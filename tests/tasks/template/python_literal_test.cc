#include <gtest/gtest.h>

#include <random>

#include "tests/support/expect_error.h"
#include "tests/tasks/template/support.h"

namespace e2lm {
namespace {

Json literal(std::string_view text) {
  return parse_python_literal(text, "doc_to_choice");
}

TEST(PythonLiteralTest, ReadsEveryKind) {
  EXPECT_EQ(literal("['a', \"it's\", 1, -2.5, None, True]").dump(),
            R"(["a","it's",1,-2.5,null,true])");
  EXPECT_EQ(literal("('a',)").dump(), R"(["a"])");
  EXPECT_EQ(literal("('a')").dump(), R"("a")");
  EXPECT_EQ(literal("1, 2").dump(), "[1,2]");
  EXPECT_EQ(literal("{'b': [1], 'a': ()}").dump(), R"({"b":[1],"a":[]})");
  EXPECT_EQ(literal("{'a': 1, 'b': 2, 'a': 3}").dump(), R"({"a":3,"b":2})");
  EXPECT_EQ(literal(" [\n 1, # one\n 2\n]\n").dump(), "[1,2]");
  EXPECT_EQ(literal("'a' \"b\" '''c'd'''").dump(), R"("abc'd")");
  EXPECT_EQ(literal(R"(r'\n')").dump(), R"("\\n")");
  EXPECT_EQ(literal(R"('\x41\u00e9\U0001f600\101\N{BULLET}\q')").get<std::string>(), "Aé😀A•\\q");
  EXPECT_EQ(literal("1_000").get<int>(), 1000);
  EXPECT_EQ(literal("0x1f").get<int>(), 31);
  EXPECT_EQ(literal("+.5").get<double>(), 0.5);
}

TEST(PythonLiteralTest, NamesWhatItMet) {
  const auto refuses = [](std::string_view text, std::string_view message) {
    expect_error([&] { literal(text); }, "doc_to_choice:", message);
  };
  refuses("", "1:1: a value is missing");
  refuses("007", "1:1: is no Python number");
  refuses("²", "1:1: is no Python literal");
  refuses("['a'\n, Undefined]", "2:3: 'Undefined' is no Python literal");
  refuses("['a' 'b', 3", "1:12: a list is not closed here");
  refuses("['a]", "1:2: a string is not closed");
  refuses("[1] x", "1:5: something follows the value");
  refuses("{1: 2}", "1:2: a key is no text");
  refuses("{1, 2}", "1:3: a set");
  refuses("b'x'", "strings with 'b' before them are not supported");
  refuses("-True", "a sign stands before no number");
  refuses("1 + 2", "something follows the value");
  refuses("9223372036854775808", "an integer passes 64 bits");
  refuses(R"('\ud800')", "half a surrogate pair");
  refuses(std::string(100000, '['), "is nested deeper than 100 levels");
  refuses(std::string(100000, '-'), "a sign stands before no number");
  refuses(std::string("'\0'", 3), "a null character stands here");
  refuses("'\xff'", "1:2: is not valid UTF-8");
}

// A JSON value from a seed, with the characters that make quoting hard.
Json random_value(std::mt19937& random, int depth) {
  static const std::vector<std::string> kPieces = {
      "a", "'", "\"", "\\", "\n", "\t", "é", "😀", "\u00a0", "\u200b", "\u2028", " ", "{", "]", ","};
  const auto text = [&] {
    std::string joined;
    for (size_t i = random() % 6; i > 0; --i) joined += kPieces[random() % kPieces.size()];
    return joined;
  };
  switch (random() % (depth > 0 ? 7 : 5)) {
    case 0:
      return static_cast<int64_t>(random()) * (random() % 2 == 0 ? 1 : -1);
    case 1:
      return std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 600) - 300);
    case 2:
      return random() % 2 == 0 ? Json(random() % 2 == 0) : Json();
    case 5: {
      Json list = Json::array();
      for (size_t i = random() % 4; i > 0; --i) list.push_back(random_value(random, depth - 1));
      return list;
    }
    case 6: {
      Json object = Json::object();
      for (size_t i = random() % 3; i > 0; --i) object[text()] = random_value(random, depth - 1);
      return object;
    }
    default:
      return text();
  }
}

TEST(PythonLiteralTest, ReadsBackWhatReprWrites) {
  std::mt19937 random(3);
  for (int round = 0; round < 5000; ++round) {
    const Json value = random_value(random, 3);
    EXPECT_EQ(literal(python_repr(value)).dump(), value.dump());
  }
}

}  // namespace
}  // namespace e2lm
