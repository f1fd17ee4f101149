#include "base/input_file.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/expect_error.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

std::string rest_of(InputFile& file) {
  std::string text;
  while (file.peek() >= 0) text += static_cast<char>(file.get());
  return text;
}

TEST(InputFile, GivesBytesAndCountsLines) {
  const Scratch scratch;
  InputFile file(scratch.write("a", "x\n\xFFz"));
  EXPECT_EQ(file.peek(), 'x');
  EXPECT_EQ(file.get(), 'x');
  EXPECT_EQ(file.line(), 1);
  EXPECT_EQ(file.get(), '\n');
  EXPECT_EQ(file.line(), 2);
  EXPECT_EQ(file.offset(), 2);
  EXPECT_EQ(rest_of(file), "\xFFz");
  EXPECT_EQ(file.get(), -1);
  EXPECT_EQ(file.get(), -1);
}

TEST(InputFile, ReadsBeyondItsBuffer) {
  const Scratch scratch;
  std::string content;
  while (content.size() < 200'000) content += std::to_string(content.size()) + "\n";
  InputFile file(scratch.write("a", content));
  EXPECT_EQ(rest_of(file), content);
  EXPECT_EQ(file.offset(), std::ssize(content));
}

TEST(InputFile, PassesOverAByteOrderMark) {
  const Scratch scratch;
  InputFile file(scratch.write("a", "\xEF\xBB\xBFx"));
  EXPECT_EQ(file.offset(), 3);
  EXPECT_EQ(rest_of(file), "x");
  InputFile empty(scratch.write("b", ""));
  EXPECT_EQ(empty.peek(), -1);
}

TEST(InputFile, IsReadLineByLine) {
  const Scratch scratch;
  const std::string wide(200'000, 'w');  // of several buffers
  InputFile file(scratch.write("a", "one\n\n" + wide + "\nlast"));
  std::string line = "old";
  for (const std::string& expected : {std::string("one"), std::string(), wide}) {
    ASSERT_TRUE(file.read_line(line));
    EXPECT_EQ(line, expected);
  }
  EXPECT_EQ(file.line(), 4);
  EXPECT_EQ(file.offset(), 200'006);
  EXPECT_TRUE(file.read_line(line));
  EXPECT_EQ(line, "last");
  EXPECT_FALSE(file.read_line(line));
  EXPECT_EQ(line, "");
}

TEST(InputFile, NamesWhatItCannotOpen) {
  const Scratch scratch;
  expect_error([&] { InputFile(scratch / "absent"); }, "absent: no such file");
  expect_error([&] { InputFile(scratch.folder()); }, "is a folder");
  expect_error([&] { InputFile("/dev/null"); }, "is not a regular file");
}

TEST(InputFile, GzipThatIsNoneIsAnError) {
  const Scratch scratch;
  const Path path =
      scratch.write("a.gz", "\x1F\x8B\x08 nothing of the kind, and longer than a header");
  expect_error(
      [&] {
        InputFile file(path);
        rest_of(file);
      },
      "a.gz:1: the gzip data is");
}

}  // namespace
}  // namespace e2lm
