#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/text.h"
#include "tests/tasks/dataset/support.h"

// Expectations are what the `datasets` library 5.2.0 gives for the same bytes.
namespace e2lm {
namespace {

std::string csv(const std::string& content) {
  return DataFolder("csv").rows(content);
}

TEST(Csv, CellsHaveTheTypeOfTheirColumn) {
  EXPECT_EQ(csv("i,f,b,t\n007,1.50,True,x\n+5,1e3,FALSE,1\n-0,.5,true,2\n"),
            "{\"i\":7,\"f\":1.5,\"b\":true,\"t\":\"x\"}\n"
            "{\"i\":5,\"f\":1000.0,\"b\":false,\"t\":\"1\"}\n"
            "{\"i\":0,\"f\":0.5,\"b\":true,\"t\":\"2\"}\n");
  EXPECT_EQ(csv("a,b\nTrue,1_0\n1,2\n"),
            "{\"a\":\"True\",\"b\":\"1_0\"}\n{\"a\":\"1\",\"b\":\"2\"}\n");
  EXPECT_EQ(csv("a\n2024-11-21\n"), "{\"a\":\"2024-11-21\"}\n");
  EXPECT_EQ(csv("a,b\n\"1\",\"True\"\n"), "{\"a\":1,\"b\":true}\n");
}

TEST(Csv, NumbersMayHaveSpacesAround) {
  EXPECT_EQ(
      csv("a,b,c,d\n 1,2 , 3.5 , True\n1,1,1,True\n"),
      "{\"a\":1,\"b\":2,\"c\":3.5,\"d\":\" True\"}\n{\"a\":1,\"b\":1,\"c\":1.0,\"d\":\"True\"}\n");
}

TEST(Csv, WhatIsNoNumberIsText) {
  for (const std::string cell : {"1e", "e5", ".", "1e+", "0x10", "1d5", "--1", "+-1", "+ 1", " ",
                                 "inf ", "1%", "nan ", " NA", "none", "\u00a01"}) {
    EXPECT_EQ(csv("a,b\n" + cell + ",1\n1,1\n"),
              "{\"a\":\"" + cell + "\",\"b\":1}\n{\"a\":\"1\",\"b\":1}\n");
  }
}

TEST(Csv, InfinityIsANumber) {
  const Documents rows =
      DataFolder("csv").open({"a,b,c,d\ninf,-Infinity,+INF,1e400\n1,1,1,1\n"}).read();
  EXPECT_EQ(rows[0].columns["a"].get<double>(), INFINITY);
  EXPECT_EQ(rows[0].columns["b"].get<double>(), -INFINITY);
  EXPECT_EQ(rows[0].columns["c"].get<double>(), INFINITY);
  EXPECT_EQ(rows[0].columns["d"].get<double>(), INFINITY);
  EXPECT_EQ(rows[1].columns["a"].dump(), "1.0");
}

TEST(Csv, MissingValuesAreNull) {
  for (const std::string cell :
       {"",     "NA",      "N/A",      "n/a",    "NaN",     "nan",  "-NaN",
        "-nan", "None",    "null",     "NULL",   "<NA>",    "#N/A", "#N/A N/A",
        "#NA",  "-1.#IND", "-1.#QNAN", "1.#IND", "1.#QNAN", "\"\"", "\"NA\""}) {
    EXPECT_EQ(csv("a,b\n" + cell + ",x\ny,x\n"),
              "{\"a\":null,\"b\":\"x\"}\n{\"a\":\"y\",\"b\":\"x\"}\n");
  }
}

TEST(Csv, AGapMakesIntegersFloats) {
  EXPECT_EQ(csv("a,b,c\n5,True,\n,,\n7,False,\n"),
            "{\"a\":5.0,\"b\":true,\"c\":null}\n{\"a\":null,\"b\":null,\"c\":null}\n"
            "{\"a\":7.0,\"b\":false,\"c\":null}\n");
}

TEST(Csv, ShortRowsEndInNulls) {
  EXPECT_EQ(csv("a,b,c\n1,2\n3,4,5\n"),
            "{\"a\":1,\"b\":2,\"c\":null}\n{\"a\":3,\"b\":4,\"c\":5.0}\n");
}

TEST(Csv, QuotesHoldSeparatorsLinesAndQuotes) {
  EXPECT_EQ(csv("a,b\n\"x \"\"y\"\", z\",\"l1\nl2\"\n\"p\r\nq\",\"r\rs\"\n"),
            "{\"a\":\"x \\\"y\\\", z\",\"b\":\"l1\\nl2\"}\n{\"a\":\"p\\r\\nq\",\"b\":\"r\\rs\"}\n");
  EXPECT_EQ(csv("a,b\n\"a\"b,c\"d\n\"x\" , \"y\"\n"),
            "{\"a\":\"ab\",\"b\":\"c\\\"d\"}\n{\"a\":\"x \",\"b\":\" \\\"y\\\"\"}\n");
}

TEST(Csv, LinesEndInAnyWayAndBlankOnesDoNotCount) {
  EXPECT_EQ(csv("\n \t\na,b\r\n1,2\r\r\n  \n3,4\n\r5,6"),
            "{\"a\":1,\"b\":2}\n{\"a\":3,\"b\":4}\n{\"a\":5,\"b\":6}\n");
  EXPECT_EQ(csv("a\n\"\"\n x\n"), "{\"a\":null}\n{\"a\":\" x\"}\n");
}

TEST(Csv, HeadersAreTakenAsTheyStand) {
  EXPECT_EQ(csv("\xEF\xBB\xBF\" a \",, b,NA\n1,2,3,4\n"),
            "{\" a \":1,\"Unnamed: 1\":2,\" b\":3,\"NA\":4}\n");
}

TEST(Csv, OtherSeparators) {
  EXPECT_EQ(DataFolder("csv").separator('\t').rows("a\tb\n\tx,y\n 2\tz\n"),
            "{\"a\":null,\"b\":\"x,y\"}\n{\"a\":2.0,\"b\":\"z\"}\n");
  EXPECT_EQ(DataFolder("csv").separator(';').rows("a;b\n1;x,y\n"), "{\"a\":1,\"b\":\"x,y\"}\n");
}

TEST(Csv, DocumentsKnowTheLineWhereTheyBegin) {
  const Documents rows = DataFolder("csv").open({"a,b\n\"x\ny\",1\r\n\nz,2\n"}).read();
  EXPECT_TRUE(rows[0].where.ends_with("/0:2"));
  EXPECT_TRUE(rows[1].where.ends_with("/0:5"));
}

TEST(Csv, NothingIsMissingBesideAnIntegerBeyondAllTypes) {
  const auto cells = [](const std::string& column) {
    std::string content = "a,b\n", text;
    for (const std::string& cell : split(column, ' ')) content += cell + ",1\n";
    for (const Document& document : DataFolder("csv").open({content}).read()) {
      text += (text.empty() ? "" : " ") + document.columns["a"].dump();
    }
    return text;
  };
  const std::string beyond = "18446744073709551616";
  EXPECT_EQ(cells(beyond + "  x"), "\"" + beyond + "\" \"\" \"x\"");
  EXPECT_EQ(cells("NA 5 " + beyond + " x"), R"("NA" "5" ")" + beyond + R"(" "x")");
  EXPECT_EQ(cells(beyond + "  2.5"), "\"" + beyond + "\" \"\" \"2.5\"");
  EXPECT_EQ(cells("x  " + beyond), "\"x\" null \"" + beyond + "\"");
  EXPECT_EQ(cells("True  " + beyond), "\"True\" null \"" + beyond + "\"");
  EXPECT_EQ(cells("2.5  " + beyond + " x"), "\"2.5\" null \"" + beyond + "\" \"x\"");
  EXPECT_EQ(cells("9223372036854775808  x"), R"("9223372036854775808" null "x")");
  EXPECT_EQ(cells("-9223372036854775809  x"), R"("-9223372036854775809" null "x")");
}

}  // namespace
}  // namespace e2lm
