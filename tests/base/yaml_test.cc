#include "base/yaml.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "tests/support/expect_error.h"

namespace e2lm {
namespace {

// Expected values are PyYAML 6's safe_load of the same words.
TEST(YamlTest, GivesPlainWordsTheTypesOfYaml11) {
  const auto value = [](const std::string& word) {
    return parse_yaml("k: " + word, "t").find("k")->json().dump();
  };
  EXPECT_EQ(value("no"), "false");
  EXPECT_EQ(value("Yes"), "true");
  EXPECT_EQ(value("on"), "true");
  EXPECT_EQ(value("~"), "null");
  EXPECT_EQ(value("''"), "\"\"");
  EXPECT_EQ(value("'no'"), "\"no\"");
  EXPECT_EQ(value("010"), "8");
  EXPECT_EQ(value("0o7"), "\"0o7\"");
  EXPECT_EQ(value("0x1F"), "31");
  EXPECT_EQ(value("0b101"), "5");
  EXPECT_EQ(value("1:30"), "90");
  EXPECT_EQ(value("-1:30"), "-90");
  EXPECT_EQ(value("1_000"), "1000");
  EXPECT_EQ(value("1e3"), "\"1e3\"");
  EXPECT_EQ(value("1.0e+3"), "1000.0");
  EXPECT_EQ(value(".5"), "0.5");
  EXPECT_EQ(value("5."), "5.0");
  EXPECT_EQ(value("089"), "\"089\"");
  EXPECT_EQ(value("[1, two, {three: 3}]"), R"([1,"two",{"three":3}])");
}

// The same, of words that nearly are numbers.
TEST(YamlTest, TakesNothingForANumberThatPyYamlDoesNot) {
  const auto value = [](const std::string& word) {
    return parse_yaml("k: " + word, "t").find("k")->json().dump();
  };
  const std::map<std::string, std::string> numbers = {
      {"0", "0"},           {"-0", "0"},
      {"+12", "12"},        {"1__0", "10"},
      {"0_17", "15"},       {"-0x1f", "-31"},
      {"0b1_0", "2"},       {"190:20:30", "685230"},
      {"1:30.5", "90.5"},   {"-1:30.", "-90.0"},
      {"1_0.2_5", "10.25"}, {"1.5e-3", "0.0015"},
      {"0.", "0.0"},        {"-12345678901", "-12345678901"}};
  for (const auto& [word, json] : numbers) EXPECT_EQ(value(word), json) << word;
  for (const std::string word :
       {"1.5e3", "1e+3", "1:60", "0:30", "0b2", "0xg",   "--1", "+",  "1-2",   ".",  "._5",
        "1.2.3", "0o17", "yEs",  ".iNf", "1_a", "-.nan", "0b",  "0x", "1,000", "-.5"}) {
    EXPECT_EQ(value(word), Json(word).dump()) << word;
  }
  EXPECT_EQ(parse_yaml("k: 100000000000000000000", "t").find("k")->json(), 1e20);
  EXPECT_EQ(parse_yaml("k: 0xffffffffffffffffffff", "t").find("k")->json(),
            1208925819614629174706175.0);
  EXPECT_TRUE(std::isinf(parse_yaml("k: -.inf", "t").find("k")->json().get<double>()));
}

TEST(YamlTest, AKeyGivenTwiceMayHaveItsLastValue) {
  expect_error([] { parse_yaml("a: 1\nb: {c: 1, c: 2}\n", "t"); }, "t:2", "'c' is given twice");
  const Yaml node = parse_yaml("a: 1\nb: {c: 1, c: 2}\na: 3\n", "t", DuplicateKeys::last_wins);
  EXPECT_EQ(node.json().dump(), R"({"a":3,"b":{"c":2}})");
}

TEST(YamlTest, KeepsTagsLinesAndMergeKeys) {
  const Yaml node = parse_yaml(
      "base: &b {x: 1, y: 2}\nmore:\n  <<: *b\n  y: 3\nfn: !function utils.process\n", "t.yaml");
  EXPECT_EQ(node.find("more")->json().dump(), R"({"x":1,"y":3})");
  EXPECT_EQ(node.find("fn")->tag, "!function");
  EXPECT_EQ(node.find("fn")->line, 5);
}

TEST(YamlTest, ErrorsNameTheLine) {
  expect_error([] { parse_yaml("a: 1\nb: [1, 2\nc: 3\n", "t.yaml"); }, "t.yaml:", "YAML");
  expect_error([] { parse_yaml("a: 1\nb: 2\na: 3\n", "t.yaml"); }, "t.yaml:3", "'a'", "twice");
}

// Such a text once ended the program, where a message was to quote it.
TEST(YamlTest, TextsAreUtf8) {
  for (const char* text : {"a: 1\nb: l\x97", "a: 1\nb: [1, \"\xff\"]", "a: 1\nl\x97: 1"}) {
    expect_error([text] { parse_yaml(text, "t.yaml"); }, "t.yaml:2", "not valid UTF-8");
  }
  EXPECT_EQ(parse_yaml("a: \u00b0", "t").find("a")->text, "\u00b0");
}

// As PyYAML writes texts that end in line breaks: one break more, and a line for the quote.
// Expected values are PyYAML 6's.
TEST(YamlTest, QuotedTextsKeepTheLineBreaksAtTheirEnd) {
  const auto value = [](const std::string& text) {
    return parse_yaml("k: " + text + "\n", "t").find("k")->text;
  };
  EXPECT_EQ(value("'Answer it.\n\n\n  '"), "Answer it.\n\n");
  EXPECT_EQ(value("'Answer it.\n\n  '"), "Answer it.\n");
  EXPECT_EQ(value("'Answer it.\n  '"), "Answer it. ");
  EXPECT_EQ(value("'\n\n  '"), "\n");
  EXPECT_EQ(value("'\n\n\n  '"), "\n\n");
  EXPECT_EQ(value("\"a\n\n\n  \""), "a\n\n");
  EXPECT_EQ(value("\"a\\n\n\n  b\n\n  \""), "a\n\nb\n");
  EXPECT_EQ(value("|\n  a\n\n\n"), "a\n");
  EXPECT_EQ(value("|+\n  a\n\n"), "a\n\n\n");
}

TEST(YamlTest, AliasesStandForWhatIsBeforeThem) {
  const Yaml node = parse_yaml("a: &x [1, &y 'no']\nb: {c: *x, d: *y}\n", "t");
  EXPECT_EQ(node.json().dump(), R"({"a":[1,"no"],"b":{"c":[1,"no"],"d":"no"}})");
  expect_error([] { parse_yaml("a: 1\nb: *x\nc: &x 2\n", "t"); }, "t:2", "*x");
  expect_error([] { parse_yaml("a: &x [1, *x]\n", "t"); }, "t:1", "*x");
}

// A second one would be left out in silence.
TEST(YamlTest, AFileHoldsOneDocument) {
  EXPECT_EQ(parse_yaml("# nothing\n---\na: 1\n...\n", "t").json().dump(), R"({"a":1})");
  EXPECT_EQ(parse_yaml("# nothing\n", "t").kind, Yaml::Kind::null);
  expect_error([] { parse_yaml("a: 1\n---\nb: 2\n", "t"); }, "t:2", "another document");
}

// Expected values are PyYAML 6's; it makes half characters of the last, which are no text.
TEST(YamlTest, EscapesAreThoseOfPyYaml) {
  const auto value = [](const std::string& text) {
    return parse_yaml(text, "t.yaml").find("k")->text;
  };
  EXPECT_EQ(value(R"(k: "a\_b\Nc\Ld\Pe")"), "a\u00a0b\u0085c\u2028d\u2029e");
  EXPECT_EQ(value(R"(k: "\_\_é\_ 😀\N\xa0\U0001F600à…\N")"),
            "\u00a0\u00a0é\u00a0 😀\u0085\u00a0\U0001F600à…\u0085");
  EXPECT_EQ(parse_yaml(R"("\_k": 1)", "t").entries[0].key.text, "\u00a0k");
  expect_error([] { parse_yaml("\"\\_\": 1\n\"\\_\": 2", "t"); },
               "the key '\u00a0' is given twice");
  // A byte that the file itself has is no escape.
  expect_error([&] { value("k: \"\\_\xA0\""); }, "t.yaml:1: is not valid UTF-8");
  expect_error([&] { value("k: \"\x85\""); }, "t.yaml:1: is not valid UTF-8");
  expect_error([&] { value(R"(k: "\ud83d\ude00")"); }, "t.yaml:1: is not valid YAML");
}

TEST(YamlTest, RefusesFilesThatUnfoldWithoutEnd) {
  std::string text = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    text += "l" + std::to_string(i) + ": &l" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += (j ? ", *l" : "*l") + std::to_string(i - 1);
    text += "]\n";
  }
  expect_error([&] { parse_yaml(text, "bomb.yaml"); }, "bomb.yaml", "too many nodes");
}

TEST(YamlTest, RefusesAnchorsWithinAnchorsAndLongTextsRepeated) {
  std::string nested = "a: ";  // each anchor stands for all that is in it: a hundred copies
  for (int i = 0; i < 90; ++i) nested += "&a" + std::to_string(i) + " [";
  for (int i = 0; i < 50'000; ++i) nested += "1,";
  expect_error([&] { parse_yaml(nested + std::string(90, ']'), "deep.yaml"); }, "deep.yaml",
               "too many nodes");
  std::string wide = "a: &a " + std::string(1'000'000, 'x') + "\nb: [";
  for (int i = 0; i < 1000; ++i) wide += "*a,";
  expect_error([&] { parse_yaml(wide + "]", "wide.yaml"); }, "wide.yaml", "too much text");
}

TEST(YamlTest, ManyKeysTakeLittleTime) {
  std::string text = "a: &a\n";
  for (int i = 0; i < 100'000; ++i) text += "  k" + std::to_string(i) + ": 1\n";
  const Yaml map = parse_yaml(text + "b: {<<: *a, k7: 2}\n", "many.yaml");
  const Yaml& own = *map.find("b");
  EXPECT_EQ(own.entries.size(), 100'000u);
  EXPECT_EQ(own.entries[7].value.text, "2") << "in the place of what was merged";
  EXPECT_EQ(overlay(own, *map.find("a")).entries[7].value.text, "1");
  EXPECT_EQ(own.json().size(), 100'000u);
}

TEST(YamlTest, MapsReportAllProblemsAtOnce) {
  Problems problems("m.yaml");
  const Yaml node =
      parse_yaml("name: x\ncount: many\nsize: 1.5\nnmae: y\nlimit: 206e9\n", "m.yaml");
  YamlMap map(node, "", problems);
  EXPECT_EQ(map.text("name"), "x");
  EXPECT_EQ(map.integer("count"), std::nullopt);
  EXPECT_EQ(map.integer("size"), std::nullopt);
  EXPECT_EQ(map.number("limit"), 206e9);
  map.require("path");
  map.finish();
  ASSERT_EQ(problems.lines().size(), 4u);
  EXPECT_EQ(problems.lines()[0], "m.yaml:2: 'count' must be a whole number");
  EXPECT_EQ(problems.lines()[1], "m.yaml:3: 'size' must be a whole number");
  EXPECT_EQ(problems.lines()[2], "m.yaml:1: the key 'path' is missing");
  EXPECT_EQ(problems.lines()[3], "m.yaml:4: the key 'nmae' is unknown; did you mean 'name'?");
  expect_error([&] { problems.raise(); }, "m.yaml:2", "m.yaml:4");
}

}  // namespace
}  // namespace e2lm
