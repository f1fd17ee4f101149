#include "base/yaml.h"

#include <gtest/gtest.h>

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

TEST(YamlTest, RefusesFilesThatUnfoldWithoutEnd) {
  std::string text = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    text += "l" + std::to_string(i) + ": &l" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += (j ? ", *l" : "*l") + std::to_string(i - 1);
    text += "]\n";
  }
  expect_error([&] { parse_yaml(text, "bomb.yaml"); }, "bomb.yaml", "too many nodes");
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
