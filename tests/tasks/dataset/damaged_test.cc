#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/memory.h"
#include "tests/support/expect_error.h"
#include "tests/tasks/dataset/support.h"

namespace e2lm {
namespace {

template <typename... Parts>
void json_refused(const std::string& content, const Parts&... parts) {
  expect_error([&] { DataFolder("json").rows(content); }, parts...);
}

template <typename... Parts>
void csv_refused(const std::string& content, const Parts&... parts) {
  expect_error([&] { DataFolder("csv").rows(content); }, parts...);
}

template <typename... Parts>
void field_refused(const std::string& content, const Parts&... parts) {
  expect_error([&] { DataFolder("json").field("data").rows(content); }, parts...);
}

TEST(Damaged, FilesThatAreNotThere) {
  const Scratch scratch;
  expect_error([&] { Dataset::open({.files = {scratch / "absent"}}); }, "absent: no such file");
  expect_error([&] { Dataset::open({.files = {scratch.folder()}}); }, "is a folder");
  expect_error([&] { Dataset::open({.format = "xml"}); }, "'xml'", "json or csv");
  expect_error([&] { Dataset::open({}); }, "has no rows");
}

TEST(Damaged, FilesWithoutRows) {
  json_refused("", "/0: has no rows");
  json_refused("\n \n", "/0: has no rows");
  json_refused("[]", "/0: has no rows");
  json_refused("{}\n", "/0: has no columns");
  csv_refused("", "/0: is empty", "a header row");
  csv_refused("\n\n", "/0: is empty");
  csv_refused("a,b\n", "/0: has no rows");
  field_refused(R"({"data": []})", "/0: has no rows");
}

TEST(Damaged, RowsThatAreNoObjects) {
  json_refused("{\"a\":1}\n[1]\n", "/0:2: is no object");
  json_refused("{\"a\":1}\n\n\"x\"\n", "/0:3: is no object");
  json_refused("[{\"a\":1},\n5]", "/0:2: is no object");
  json_refused("[\"x\",\n{\"a\":1}]", "/0:2: is no text");
  field_refused("{\"data\":[{\"a\":1},\nnull]}", "/0:2: is no object");
}

TEST(Damaged, JsonThatIsNone) {
  json_refused("{\"a\":1}\n{\"a\":", "/0:2:", "is not valid JSON");
  json_refused("{\"a\":1}\n{\"a\": \n\n", "/0:2:", "is not valid JSON");
  json_refused("{\"a\":1}\n{\"a\":\"x\ny\"}\n", "/0:2:", "is not valid JSON");
  json_refused("{\"a\":1}\n{\"a\":1\n{\"a\":2}\n", "/0:3:", "is not valid JSON");
  json_refused("{\"a\":1}\n}", "/0:2:", "is not valid JSON");
  json_refused("{\"a\":1,\"a\":2}", "/0:1: has the key 'a' twice");
  json_refused("{\"a\":1e999}", "/0:1", "is not valid JSON");
  json_refused("[{\"a\":1}\n", "/0:2: is not valid JSON", "']' before the end of the file");
  json_refused("[{\"a\":1}\n{\"a\":2}]", "/0:2: is not valid JSON", "']'");
  json_refused("[{\"a\":1},\n", "/0:2: the file ends in the middle");
  json_refused("[{\"a\":1}]\n5", "/0:2: is not valid JSON", "the end of the file");
  json_refused("\n[{\"a\":1}]", "/0:2: white space stands before the list");
}

TEST(Damaged, InvalidUtf8) {
  json_refused("{\"a\":1}\n{\"a\":\"\xFF\"}\n", "/0:2:", "is not valid JSON", "UTF-8");
  json_refused("{\"a\":\"\xED\xA0\x80\"}\n", "/0:1:", "UTF-8");
  json_refused("{\"a\":\"\\ud800\"}\n", "/0:1:", "is not valid JSON");
  csv_refused("a,b\n1,2\n1,\xFF\n", "/0:3: is not valid UTF-8");
  csv_refused("a,\xFF\n1,2\n", "/0:1: is not valid UTF-8");
}

TEST(Damaged, FieldsThatAreNoLists) {
  field_refused(R"([{"a":1}])", "/0:1: is no object");
  field_refused(R"({"x":[]})", "/0: has no key 'data'");
  field_refused("{\"x\":1,\n\"data\":{\"a\":[1]}}", "/0:2: 'data' is no list");
  field_refused(R"({"data":[{"a":1}],"data":[]})", "/0:1: has the key 'data' twice");
  field_refused(R"({"data":[{"a":1}])", "/0:1: is not valid JSON", "'}' before the end");
  field_refused(R"({"data":[{"a":1}]} x)", "/0:1: is not valid JSON", "the end of the file");
  field_refused(R"({"x":"data)", "/0:1: is not valid JSON");
}

TEST(Damaged, MixedTypesInAField) {
  field_refused(R"({"data":[{"a":"x"},{"a":{"k":1}}]})", "the column 'a'", "different types");
  field_refused(R"({"data":[{"a":[1,"x"]}]})", "the column 'a'", "different types");
  field_refused(R"({"data":[{"a":9223372036854775808}]})", "'a' has an integer beyond 64 bits");
  field_refused(R"({"data":[{"a":9007199254740993},{"a":null}]})", "'a' has large integers");
}

// What the original makes of these needs its rules for guessing dates.
TEST(Damaged, ColumnsNamedLikeDates) {
  field_refused(R"({"data":[{"date":"2024-11-21"},{"date":"May 5"}]})", "'date'", "not all dates");
  field_refused(R"({"data":[{"timestamp":1700000000}]})", "'timestamp'", "has numbers");
  field_refused("{\"data\":[\n{\"made_at\":\"2024-11-21T05:44+02:00\"}]}", "/0:2:", "has a zone");
}

TEST(Damaged, TimesOutsideTheCalendar) {
  json_refused("{\"a\":\"0000-01-01\"}\n", "/0:1:", "outside the years 1 to 9999");
  json_refused("{\"a\":\"9999-12-31T23:59:59-01:00\"}\n", "outside the years 1 to 9999");
}

TEST(Damaged, CsvThatIsRagged) {
  csv_refused("a,b\n1,2\n3,4,5\n", "/0:3: has 3 fields where the header has 2");
  csv_refused("a,b\n1,2,\n", "/0:2: has 3 fields");
  csv_refused("a,a,b\n1,2,3\n", "/0:1: the header has the name 'a' twice");
  csv_refused("a,b\n1,\"x\n2,y\n", "/0:2: a quote opens here that is never closed");
  csv_refused("a,b\r1,2\r3,\"x", "/0:3: a quote opens here");
  csv_refused("a\n1\n9223372036854775808\n", "'a' has an integer beyond 64 bits");
}

TEST(Damaged, GzipIsReadAndItsDamageIsFound) {
  const Scratch scratch;
  std::string lines;
  for (int i = 0; i < 20000; ++i) lines += "{\"a\":" + std::to_string(i * 7919 % 10007) + "}\n";
  const std::string bytes = packed(lines, scratch / "whole.jsonl.gz");
  EXPECT_EQ(DataFolder("json").rows(bytes), lines);
  EXPECT_EQ(DataFolder("csv").rows(packed("a\n1\n", scratch / "x.csv.gz")), "{\"a\":1}\n");

  json_refused(bytes.substr(0, bytes.size() / 2), "/0:", "the gzip data is cut off");
  json_refused(bytes.substr(0, bytes.size() - 3), "the gzip data is cut off");
  std::string flipped = bytes;
  flipped[flipped.size() - 6] ^= 1;  // of the checksum
  json_refused(flipped, "/0:", "the gzip data is damaged");
}

TEST(Damaged, AFileThatGrowsAfterOpening) {
  const Scratch scratch;
  const Path path = scratch.write("rows.jsonl", "{\"a\":1}\n");
  const Dataset dataset = Dataset::open({.files = {path}});
  scratch.write("rows.jsonl", "{\"a\":1}\n{\"a\":2}\n");
  expect_error([&] { dataset.read(); }, "rows.jsonl:2: the file has grown");
}

// A process of its own under CTest, so that the peak is that of this test.
TEST(DatasetMemory, DoesNotGrowWithTheFile) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer keeps what was freed";
#endif
  const Scratch scratch;
  std::string part;
  for (int i = 0; i < 1000; ++i) {
    part +=
        "{\"question\":\"" + std::string(600, 'q') + "\",\"label\":" + std::to_string(i) + "}\n";
  }
  std::ofstream out(scratch / "rows.jsonl");
  for (int i = 0; i < 40; ++i) out << part;
  out.close();

  const int64_t before = peak_resident_bytes();
  const Dataset dataset = Dataset::open({.files = {scratch / "rows.jsonl"}});
  int64_t labels = 0;
  dataset.for_each([&](int64_t, const Document& document) {
    labels += document.columns["label"].get<int64_t>();
    return true;
  });
  EXPECT_EQ(dataset.rows(), 40'000);
  EXPECT_EQ(labels, 40 * 499'500);
  EXPECT_GT(std::filesystem::file_size(scratch / "rows.jsonl"), 24'000'000u);
  EXPECT_LT(peak_resident_bytes() - before, 4 << 20);
}

}  // namespace
}  // namespace e2lm
