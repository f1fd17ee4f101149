#include <gtest/gtest.h>

#include <string>

#include "tests/support/expect_error.h"
#include "tests/tasks/dataset/support.h"

// Expectations are what the `datasets` library 5.2.0 gives for the same bytes.
namespace e2lm {
namespace {

// The rows of the second file, turned into the types of the first.
std::string second(const std::string& format, const std::string& a, const std::string& b) {
  const Documents rows = DataFolder(format).open({a, b}).read();
  return rows.back().columns.dump();
}

template <typename... Parts>
void expect_refused(const std::string& format, const std::string& a, const std::string& b,
                    const Parts&... parts) {
  expect_error([&] { DataFolder(format).rows({a, b}); }, "/1:", parts...);
}

TEST(Batches, LaterFilesTakeTheTypesOfTheFirst) {
  EXPECT_EQ(second("json", R"({"a":1})", R"({"a":2.0})"), R"({"a":2})");
  EXPECT_EQ(second("json", R"({"a":1.5})", R"({"a":1})"), R"({"a":1.0})");
  EXPECT_EQ(second("json", R"({"a":1})", R"({"a":"-07"})"), R"({"a":-7})");
  EXPECT_EQ(second("json", R"({"a":1.5})", R"({"a":"1e3"})"), R"({"a":1000.0})");
  EXPECT_EQ(second("json", R"({"a":"s"})", R"({"a":true})"), R"({"a":"true"})");
  EXPECT_EQ(second("json", R"({"a":"s"})", R"({"a":"2024-01-01"})"),
            R"({"a":"2024-01-01 00:00:00"})");
  EXPECT_EQ(second("json", R"({"a":["s"]})", R"({"a":[1]})"), R"({"a":["1"]})");
  EXPECT_EQ(second("json", R"({"a":true})", R"({"a":2})"), R"({"a":true})");
  EXPECT_EQ(second("json", R"({"a":1,"b":2})", R"({"a":1})"), R"({"a":1,"b":null})");
  EXPECT_EQ(second("json", R"({"a":{"x":1,"y":2}})", R"({"a":{"y":1}})"),
            R"({"a":{"x":null,"y":1}})");
}

TEST(Batches, NumbersBecomeTextsAsArrowWritesThem) {
  const std::pair<std::string, std::string> cases[] = {{"1.0", "1"},
                                                       {"-0.0", "-0"},
                                                       {"0.000001", "0.000001"},
                                                       {"1e-7", "1e-7"},
                                                       {"1e9", "1000000000"},
                                                       {"1e10", "1e+10"},
                                                       {"12345678.5", "12345678.5"},
                                                       {"12345678901.5", "1.23456789015e+10"},
                                                       {"1e-300", "1e-300"}};
  for (const auto& [number, text] : cases) {
    EXPECT_EQ(second("json", R"({"a":"s"})", R"({"a":)" + number + "}"),
              R"({"a":")" + text + "\"}");
  }
}

TEST(Batches, WhatCannotBeTurnedIsRefused) {
  expect_refused("json", R"({"a":1})", R"({"a":1.5})", "1.5 is not integer");
  expect_refused("json", R"({"a":1})", R"({"a":"+7"})", "\"+7\" is not integer");
  expect_refused("json", R"({"a":1.5})", R"({"a":" 2"})", "is not number");
  expect_refused("json", R"({"a":"2024-01-01"})", R"({"a":"s"})", "is not timestamp");
  expect_refused("json", R"({"a":1})", R"({"a":1,"b":2})", "the column 'b' is new");
  expect_refused("json", R"({"a":null})", R"({"a":1})", "'a' is integer", "expected null");
  expect_refused("json", R"({"a":[]})", R"({"a":[1]})", "'a' is integer", "expected null");
  expect_refused("json", R"({"a":{"x":1}})", R"({"a":{"y":1}})", "'a.y' is new");
  expect_refused("json", R"({"a":1})", "{\"a\":\n{\"x\":1}}\n{\"a\":[1]}", "'a' is mixed",
                 "expected integer");
}

TEST(Batches, JsonLinesAreBatchesOfTenMebibytes) {
  // 64 bytes a row: the row that begins where the 10 MiB end is the last one of the first batch.
  constexpr int kLast = (10 << 20) / 64;
  const auto content = [](int other) {
    std::string text;
    for (int i = 0; i <= kLast + 1; ++i) {
      std::string row = std::string(R"({"a":)") + (i == other ? "2.5" : "1") + R"(,"p":")";
      row.resize(61, 'x');
      text += row + "\"}\n";
    }
    return text;
  };
  const Documents rows = DataFolder("json").open({content(kLast)}).read(1);
  EXPECT_EQ(rows[0].columns["a"].dump(), "1.0");
  expect_error([&] { DataFolder("json").rows(content(kLast + 1)); }, "/0:163842:", "2.5 is not");
}

TEST(Batches, CsvRowsAreBatchesOfTenThousand) {
  const auto content = [](const std::string& last) {
    std::string text = "a,b\n";
    for (int i = 0; i < 10000; ++i) text += "1,x\n";
    return text + last + ",y\n2,z\n";
  };
  EXPECT_EQ(DataFolder("csv").open({content("")}).read().back().columns.dump(),
            R"({"a":2,"b":"z"})");
  expect_error([&] { DataFolder("csv").rows(content("2.5")); }, "/0:10002:", "2.5 is not integer");
}

TEST(Batches, OtherSplitsTakeTheTypesOfTheFirst) {
  DataFolder train_folder("json"), test_folder("json");
  const Dataset train = train_folder.open({R"({"a":"s","b":1})"});
  EXPECT_EQ(text_of(test_folder.open({R"({"a":1})"}, &train)), "{\"a\":\"1\",\"b\":null}\n");
  expect_error([&] { test_folder.open({R"({"c":1})"}, &train); }, "the column 'c' is new");
  DataFolder csv_folder("csv");
  EXPECT_EQ(text_of(csv_folder.open({"a\n2.5\n"}, &train)), "{\"a\":\"2.5\",\"b\":null}\n");
}

}  // namespace
}  // namespace e2lm
