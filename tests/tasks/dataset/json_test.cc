#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <tuple>

#include "base/text.h"
#include "tests/tasks/dataset/support.h"

// Expectations are what the `datasets` library 5.2.0 gives for the same bytes.
namespace e2lm {
namespace {

std::string lines(const std::string& content) {
  return DataFolder("json").rows(content);
}
std::string field(const std::string& list) {
  return DataFolder("json").field("data").rows(R"({"version": 1, "data": )" + list + "}");
}

// The value of column `a` of the one row.
std::string value(const std::string& json) {
  const std::string row = lines(R"({"a": )" + json + "}\n");
  return row.substr(5, row.size() - 7);
}

TEST(JsonLines, AMissingColumnIsNull) {
  EXPECT_EQ(lines("{\"a\":1}\n{\"b\":\"x\",\"a\":2}\n"),
            "{\"a\":1,\"b\":null}\n{\"a\":2,\"b\":\"x\"}\n");
  EXPECT_EQ(lines("{\"a\":null}\nnull\n{}\n"), "{\"a\":null}\n{\"a\":null}\n{\"a\":null}\n");
}

TEST(JsonLines, IntegersBecomeFloatsBesideFloats) {
  EXPECT_EQ(lines("{\"a\":1}\n{\"a\":2.5}\n{\"a\":null}\n"),
            "{\"a\":1.0}\n{\"a\":2.5}\n{\"a\":null}\n");
  EXPECT_EQ(lines("{\"a\":1e3}\n{\"a\":10}\n"), "{\"a\":1000.0}\n{\"a\":10.0}\n");
  EXPECT_EQ(lines("{\"a\":[1,2]}\n{\"a\":[1.5]}\n{\"a\":[]}\n"),
            "{\"a\":[1.0,2.0]}\n{\"a\":[1.5]}\n{\"a\":[]}\n");
  EXPECT_EQ(lines("{\"a\":{\"x\":1}}\n{\"a\":{\"x\":2.5}}\n"),
            "{\"a\":{\"x\":1.0}}\n{\"a\":{\"x\":2.5}}\n");
}

TEST(JsonLines, IntegersBeyond64BitsAreFloats) {
  EXPECT_EQ(value("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(value("9223372036854775808"), "9.223372036854776e+18");
  EXPECT_EQ(value("-9223372036854775809"), "-9.223372036854776e+18");
}

TEST(JsonLines, TextsThatAreAllDatesBecomeTimestamps) {
  EXPECT_EQ(value(R"("2024-11-21")"), R"("2024-11-21 00:00:00")");
  EXPECT_EQ(value(R"("2024-11-21T05:44:00")"), R"("2024-11-21 05:44:00")");
  EXPECT_EQ(value(R"("2024-11-21 05")"), R"("2024-11-21 05:00:00")");
  EXPECT_EQ(value(R"("2024-11-21T05:44Z")"), R"("2024-11-21 05:44:00")");
  EXPECT_EQ(value(R"("2024-11-21T05:44:00+02:00")"), R"("2024-11-21 03:44:00")");
  EXPECT_EQ(value(R"("2024-11-21 05:44:10-23:59")"), R"("2024-11-22 05:43:10")");
  EXPECT_EQ(value(R"("2024-11-21T05-03")"), R"("2024-11-21 08:00:00")");
  EXPECT_EQ(value(R"("0001-01-01")"), R"("0001-01-01 00:00:00")");
  EXPECT_EQ(value(R"("9999-12-31T23:59:59")"), R"("9999-12-31 23:59:59")");
  EXPECT_EQ(value(R"(["2024-11-21", "1969-12-31T23:59:59"])"),
            R"(["2024-11-21 00:00:00","1969-12-31 23:59:59"])");
  EXPECT_EQ(lines("{\"a\":\"2024-11-21\"}\n{\"a\":null}\n"),
            "{\"a\":\"2024-11-21 00:00:00\"}\n{\"a\":null}\n");
}

TEST(JsonLines, OtherTextsThatLookLikeDatesStay) {
  for (const std::string text :
       {"2024-11-21T05:44:00.5", "2024-1-2", "20241121", "2024-02-30", "2024-11-21T24:00:00",
        "2024-11-21T23:59:60", " 2024-11-21", "2024-11-21 ", "2024-11-21T0544", "2024-11-21Z",
        "2024-11", "-2024-11-21", "2024-11-21t05:44", "2024-11-21T05:44z", "2024-11-21T05+24",
        "2024-11-21T05:44+05:60", "2024-11-21T05:44:00 Z", "2024-11-21T", ""}) {
    EXPECT_EQ(value("\"" + text + "\""), "\"" + text + "\"");
  }
  EXPECT_EQ(lines("{\"a\":\"2024-11-21\"}\n{\"a\":\"\"}\n"),
            "{\"a\":\"2024-11-21\"}\n{\"a\":\"\"}\n");
}

// Arrow loses nulls that begin a list before any other element; the batch is then read anew,
// without timestamps.
TEST(JsonLines, BesideListsThatBeginWithNullDatesStayText) {
  const auto stay = [](const std::string& lists) {
    std::string rows;
    for (const std::string& list : split(lists, ';')) {
      rows += R"({"d":"2024-11-21","a":)" + list + "}\n";
    }
    return lines(rows).find("00:00:00") == std::string::npos;
  };
  for (const char* text :
       {"[null,1]", "[null,null]", "[null];[null,1]", "[];null;[null,\"x\"]", "[[null,1]]",
        R"({"b":[null,1]})", R"([null,{"b":1}])", "[null,1];[\"x\"]", "[[null,null],[1]]"}) {
    EXPECT_TRUE(stay(text)) << text;
  }
  for (const char* text :
       {"[1,null]", "[null];[1]", "[null];[null];[]", "[1];[null,2]", "[[null],[1]]",
        R"([{"b":null},{"b":1}])", "[null];[1];[null,1]", "[[1],[2]];null;[null,[1]]"}) {
    EXPECT_FALSE(stay(text)) << text;
  }
  EXPECT_EQ(lines("{\"d\":\"2024-11-21\",\"a\":[null,\"2024-11-21\"],"
                  "\"f\":0.12345678901234567}\n{\"d\":null,\"f\":NaN}\n"),
            "{\"d\":\"2024-11-21\",\"a\":[null,\"2024-11-21\"],\"f\":0.12345678901234501}\n"
            "{\"d\":null,\"a\":null,\"f\":null}\n");
}

// Arrow reads blocks of 320 KiB, but all as one beyond eight times that.
TEST(JsonLines, NullsOfListsAreLostByBlocks) {
  const std::string line = R"({"d":"2024-11-21","a":[1],"p":")" + std::string(1000, 'x') + "\"}\n";
  const auto is_text = [&](int rows, int with_null) {
    std::string text;
    for (int row = 0; row < rows; ++row) text += line;
    text.replace(text.find("[1]", with_null * line.size()), 3, "[null,1]");
    return lines(text).find("00:00:00") == std::string::npos;
  };
  ASSERT_EQ(line.size(), 1034u);
  for (const auto& [rows, with_null, expected] : {std::tuple{900, 0, true},
                                                  {900, 315, false},
                                                  {900, 316, true},
                                                  {900, 317, false},
                                                  {900, 633, true},
                                                  {2535, 316, true},
                                                  {2536, 316, false},
                                                  {2536, 0, true}}) {
    EXPECT_EQ(is_text(rows, with_null), expected) << rows << ' ' << with_null;
  }
}

TEST(JsonLines, ObjectsKeepTheKeysTheyHave) {
  EXPECT_EQ(lines("{\"a\":{\"x\":1,\"d\":\"2024-11-21\"}}\n{\"a\":{\"y\":2.5}}\n{\"a\":null}\n"),
            "{\"a\":{\"x\":1,\"d\":\"2024-11-21\"}}\n{\"a\":{\"y\":2.5}}\n{\"a\":null}\n");
  EXPECT_EQ(lines("{\"a\":[{\"x\":1},{\"y\":2}]}\n{\"a\":[]}\n"),
            "{\"a\":[{\"x\":1},{\"y\":2}]}\n{\"a\":[]}\n");
  EXPECT_EQ(lines("{\"a\":{}}\n"), "{\"a\":{}}\n");
}

TEST(JsonLines, ObjectsGetEachOthersKeysWhereALineIsNoRow) {
  const std::string rows = R"({"x":{"a":0.12345678912},"y":0}
{"x":{"b":"2024-01-02"},"y":1}
)";
  const std::string all_keys = R"({"x":{"a":0.12345678912,"b":null},"y":0}
{"x":{"a":null,"b":"2024-01-02 00:00:00"},"y":1}
)";
  EXPECT_EQ(lines(rows + "\n"), all_keys);
  EXPECT_EQ(lines("\n" + rows), all_keys);
  EXPECT_EQ(lines(rows + " \r\n"), all_keys);
  EXPECT_EQ(lines("{\"x\":\n" + rows.substr(5)), all_keys);
  EXPECT_NE(lines(rows), all_keys);
}

TEST(JsonLines, ObjectsWithTheSameKeysHaveThemInOneOrder) {
  EXPECT_EQ(lines("{\"a\":{\"x\":1,\"y\":2}}\n{\"a\":{\"y\":1,\"x\":2.5}}\n"),
            "{\"a\":{\"x\":1.0,\"y\":2}}\n{\"a\":{\"x\":2.5,\"y\":1}}\n");
}

TEST(JsonLines, MixedValuesStayButTextsOfJsonAreRead) {
  EXPECT_EQ(lines("{\"a\":1}\n{\"a\":\"x\"}\n{\"a\":\"12\"}\n{\"a\":\" 7 \"}\n{\"a\":\"null\"}\n"),
            "{\"a\":1}\n{\"a\":\"x\"}\n{\"a\":12}\n{\"a\":7}\n{\"a\":null}\n");
  EXPECT_EQ(lines("{\"a\":true}\n{\"a\":\"-\"}\n{\"a\":\"1.\"}\n{\"a\":\"007\"}\n{\"a\":\"+1\"}\n"),
            "{\"a\":true}\n{\"a\":0}\n{\"a\":1.0}\n{\"a\":7}\n{\"a\":\"+1\"}\n");
  EXPECT_EQ(lines("{\"a\":\"x\"}\n{\"a\":{\"k\":1}}\n{\"a\":[1]}\n{\"a\":\"[1, 2]\"}\n"),
            "{\"a\":\"x\"}\n{\"a\":{\"k\":1}}\n{\"a\":[1]}\n{\"a\":[1,2]}\n");
  EXPECT_EQ(lines("{\"o\":{\"a\":true,\"b\":1}}\n{\"o\":{\"a\":\"s\",\"b\":2}}\n"),
            "{\"o\":{\"a\":true,\"b\":1}}\n{\"o\":{\"a\":\"s\",\"b\":2}}\n");
}

TEST(JsonLines, MinusZeroKeepsItsSign) {
  EXPECT_EQ(lines("{\"a\":-0.0,\"b\":[[null,1]]}\n{\"a\":-0.0}\n"),
            "{\"a\":-0.0,\"b\":[[null,1]]}\n{\"a\":-0.0,\"b\":null}\n");
}

TEST(JsonLines, BesideMixedValuesFloatsHaveTenDecimals) {
  EXPECT_EQ(lines("{\"a\":1,\"f\":0.12345678901234}\n{\"a\":\"x\",\"f\":1e-12}\n"),
            "{\"a\":1,\"f\":0.123456789}\n{\"a\":\"x\",\"f\":0.0}\n");
  EXPECT_EQ(lines("{\"a\":0.12345678901234}\n{\"a\":\"x\"}\n"),
            "{\"a\":0.12345678900000001}\n{\"a\":\"x\"}\n");
}

TEST(JsonLines, RowsNeedNotBeALineEach) {
  EXPECT_EQ(lines("\xEF\xBB\xBF\n{\"a\":1}{\"a\":2}\r\n\n {\"a\":\n3}\n  "),
            "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
}

TEST(JsonLines, TextsKeepTheirCharacters) {
  EXPECT_EQ(value(R"("é\u00e9\ud83d\ude00\/\n\u0000\u2028")"), "\"éé😀/\\n\\u0000\u2028\"");
}

TEST(JsonLines, NotANumberIsANumber) {
  const Documents rows =
      DataFolder("json").open({"{\"a\":NaN}\n{\"a\":-Infinity}\n{\"a\":1}\n"}).read();
  EXPECT_TRUE(std::isnan(rows[0].columns["a"].get<double>()));
  EXPECT_EQ(rows[1].columns["a"].get<double>(), -INFINITY);
  EXPECT_EQ(rows[2].columns["a"].dump(), "1.0");
}

TEST(JsonLines, DocumentsKnowWhereTheyStand) {
  DataFolder folder("json");
  const Dataset dataset = folder.open({"\n{\"a\":1}\n\n{\"a\":2}\n", "{\"a\":3}"});
  EXPECT_EQ(dataset.rows(), 3);
  EXPECT_EQ(dataset.columns(), std::vector<std::string>{"a"});
  const Documents rows = dataset.read();
  EXPECT_TRUE(rows[0].where.ends_with("/0:2"));
  EXPECT_TRUE(rows[1].where.ends_with("/0:4"));
  EXPECT_TRUE(rows[2].where.ends_with("/1:1"));
  EXPECT_EQ(dataset.read(2).size(), 2u);
  EXPECT_EQ(dataset.read(0).size(), 0u);
}

TEST(JsonArray, HasTheTypesOfLinesWithTenDecimals) {
  EXPECT_EQ(lines("[\n {\"a\":1, \"d\":\"2024-11-21\"},\n {\"a\":2.5, \"b\":{\"x\":1}}\n]\n"),
            "{\"a\":1.0,\"d\":\"2024-11-21 00:00:00\",\"b\":null}\n"
            "{\"a\":2.5,\"d\":null,\"b\":{\"x\":1}}\n");
  EXPECT_EQ(
      lines(R"([{"f":0.12345678901234,"g":1e-12,"h":1e20,"i":12345678.123456789,"j":-2.5e-7}])"),
      "{\"f\":0.123456789,\"g\":0.0,\"h\":1e+20,\"i\":12345678.12345679,\"j\":-2.5e-07}\n");
  EXPECT_EQ(lines(R"([{"f":0.12345678905,"g":0.5,"h":99999.99999999999}])"),
            "{\"f\":0.123456789,\"g\":0.5,\"h\":100000.0}\n");
}

TEST(JsonArray, OfTextsIsTheColumnText) {
  EXPECT_EQ(lines(R"(["x", "y"])"), "{\"text\":\"x\"}\n{\"text\":\"y\"}\n");
}

TEST(JsonField, HasTheRowsOfItsList) {
  EXPECT_EQ(field(R"([{"a":1,"b":"x"},{"a":2}])"), "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":null}\n");
  EXPECT_EQ(DataFolder("json").field("d").rows(R"({"d":["x"],"e":{"d":[1,"]"]}})"),
            "{\"text\":\"x\"}\n");
}

TEST(JsonField, ObjectsGetEachOthersKeys) {
  EXPECT_EQ(field(R"([{"a":{"x":1}},{"a":{"y":2.5}},{"a":null}])"),
            "{\"a\":{\"x\":1,\"y\":null}}\n{\"a\":{\"x\":null,\"y\":2.5}}\n{\"a\":null}\n");
}

TEST(JsonField, WholeNumbersAreIntegers) {
  EXPECT_EQ(field(R"([{"a":1.0,"b":1e-12,"c":0.12345678901234},{"a":2,"b":1,"c":1}])"),
            "{\"a\":1,\"b\":0,\"c\":0.12345678900000001}\n{\"a\":2,\"b\":1,\"c\":1.0}\n");
  EXPECT_EQ(field(R"([{"a":1},{"a":null}])"), "{\"a\":1}\n{\"a\":null}\n");
}

TEST(JsonField, OnlyColumnsNamedLikeDatesAreTimestamps) {
  EXPECT_EQ(field(R"([{"a":"2024-11-21","Date":"2024-11-21","made_at":"2024-11-21T05:06:07"}])"),
            "{\"a\":\"2024-11-21\",\"Date\":\"2024-11-21 00:00:00\","
            "\"made_at\":\"2024-11-21 05:06:07\"}\n");
  EXPECT_EQ(field(R"([{"date":["2024-11-21"]}])"), "{\"date\":[\"2024-11-21\"]}\n");
}

}  // namespace
}  // namespace e2lm
