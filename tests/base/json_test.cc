#include "base/json.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

TEST(JsonTest, KeepsTheOrderOfKeys) {
  EXPECT_EQ(parse_json(R"({"b":1,"a":2})", "x").dump(), R"({"b":1,"a":2})");
  EXPECT_EQ(parse_sorted_json(R"({"b":1,"a":2})", "x").dump(), R"({"a":2,"b":1})");
}

TEST(JsonTest, ErrorsNameLineAndColumn) {
  expect_error([] { parse_json("{\n  \"a\": 1,\n  \"b\" 2\n}", "c.json"); }, "c.json:3:7", "JSON");
  expect_error([] { parse_json("{\"a\": \"\xff\"}", "c.json"); }, "c.json:1", "UTF-8");
  expect_error([] { parse_json("", "c.json"); }, "c.json:1");
  expect_error([] { parse_json("1e999", "c.json"); }, "c.json", "JSON");
}

TEST(JsonTest, RefusesRepeatedKeysAndDeepNesting) {
  expect_error([] { parse_json(R"({"a":{"k":1,"k":2}})", "x"); }, "key 'k' twice");
  EXPECT_NO_THROW(parse_json(R"([{"k":1},{"k":2}])", "x"));
  expect_error([] { parse_json(std::string(100000, '['), "x"); }, "nested deeper");
}

// Keys in order are searched from the first: a million of them would take an hour.
TEST(JsonTest, ObjectsInOrderHaveAMostOfKeys) {
  SortedJson many = SortedJson::object();
  for (int i = 0; i <= 20'000; ++i) many["k" + std::to_string(i)] = i;
  expect_error([&] { parse_json(many.dump(), "x"); }, "x", "an object of more than 20000 keys");
  EXPECT_EQ(parse_sorted_json(many.dump(), "x").size(), many.size());
}

TEST(JsonTest, ReadsPythonsNumbers) {
  const Json value = parse_python_json(
      R"({"limit": [0.0, Infinity], "low": -Infinity, "n": NaN, "big": 1e999, "s": "Infinity 1e999",
          "q": "a\"NaN", "neg": -1e999, "one": 1.5e3, "obj": {"__float__": "Infinity"}})",
      "config.json");
  EXPECT_EQ(value["limit"][1]["__float__"], "Infinity");
  EXPECT_EQ(value["low"]["__float__"], "-Infinity");
  EXPECT_EQ(value["n"]["__float__"], "NaN");
  EXPECT_EQ(value["big"], value["obj"]);
  EXPECT_EQ(value["neg"]["__float__"], "-Infinity");
  EXPECT_EQ(value["s"], "Infinity 1e999");
  EXPECT_EQ(value["q"], "a\"NaN");
  EXPECT_EQ(value["one"], 1500.0);
  EXPECT_EQ(parse_python_json("[NaN]", "x", 7)[0]["__float__"], "NaN");
  expect_error([] { parse_python_json("[NaN,", "x.jsonl", 7); }, "x.jsonl:7:");
}

TEST(JsonTest, JsonLinesNameTheLine) {
  const Scratch scratch;
  const Path good = scratch.write("good.jsonl", "{\"a\":1}\n\n  \r\n{\"a\":2}");
  std::vector<std::pair<int64_t, int>> rows;
  for_each_json_line(good,
                     [&](int64_t line, const Json& row) { rows.emplace_back(line, row["a"]); });
  EXPECT_EQ(rows, (std::vector<std::pair<int64_t, int>>{{1, 1}, {4, 2}}));

  const Path bad = scratch.write("bad.jsonl", "{\"a\":1}\n{\"a\":\n");
  expect_error([&] { for_each_json_line(bad, [](int64_t, const Json&) {}); }, "bad.jsonl:2");
  expect_error([&] { for_each_json_line(scratch / "none.jsonl", [](int64_t, const Json&) {}); },
               "none.jsonl", "no such file");
}

TEST(JsonTest, CountsCharactersNotBytes) {
  EXPECT_EQ(count_characters(""), 0);
  EXPECT_EQ(count_characters("abc"), 3);
  EXPECT_EQ(count_characters("é–\U0001F600"), 3);
}

}  // namespace
}  // namespace e2lm
