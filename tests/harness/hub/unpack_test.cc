#include "harness/hub/unpack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/interrupted.h"
#include "tests/support/expect_error.h"
#include "tests/support/packed.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

class UnpackTest : public testing::Test {
 protected:
  std::vector<UnpackedFile> run(const std::string& bytes) {
    return unpack(scratch_.write("source", bytes), scratch_.folder(), number_++, {});
  }

  Scratch scratch_;
  int number_ = 7;
  const std::string rows_ = "{\"a\": 1}\n{\"a\": 2}\n";
};

TEST_F(UnpackTest, StreamsByTheirFirstBytes) {
  for (const char* filter : {"bzip2", "xz", "zstd"}) {
    const auto files = run(packed(rows_, filter));
    ASSERT_EQ(files.size(), 1u) << filter;
    EXPECT_EQ(read_file(files[0].file), rows_) << filter;
    EXPECT_FALSE(files[0].gzip);
  }
  const std::string gzip = packed(rows_, "gzip");
  EXPECT_EQ(read_file(run(gzip)[0].file), gzip) << "whoever reads it unpacks it";
  EXPECT_TRUE(run(gzip)[0].gzip);
  EXPECT_EQ(read_file(run(rows_)[0].file), rows_);
  EXPECT_EQ(read_file(run("")[0].file), "");
  EXPECT_EQ(read_file(run(packed("", "xz"))[0].file), "");
}

TEST_F(UnpackTest, ArchivesInTheOrderOfNames) {
  const auto files = run(zipped(
      {{"b/2.json", "two"}, {"../a.json", "one"}, {"__MACOSX/b/2.json", "no"}, {".hidden", "no"}}));
  ASSERT_EQ(files.size(), 1u) << "names that lead out are hidden ones: they begin with a point";
  EXPECT_EQ(files[0].name, "b/2.json");
  EXPECT_EQ(read_file(files[0].file), "two");
  const auto two = run(zipped({{"b.json", "two"}, {"a.json", "one"}}));
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(read_file(two[0].file), "one");
  EXPECT_EQ(two[0].file.parent_path(), scratch_.folder());
}

TEST_F(UnpackTest, DamageIsRefused) {
  for (const char* filter : {"bzip2", "xz", "zstd"}) {
    SCOPED_TRACE(filter);
    const std::string whole = packed(rows_, filter);
    expect_error([&] { run(whole.substr(0, whole.size() - 6)); }, "source", "cannot be unpacked");
    if (filter == std::string("zstd")) continue;  // no checksum
    std::string flipped = whole;
    flipped[whole.size() / 2] ^= 0x55;
    expect_error([&] { run(flipped); }, "source");
  }
  const std::string archive = zipped({{"a.json", rows_}});
  expect_error([&] { run(archive.substr(0, 20)); }, "source", "cannot be unpacked");
}

TEST_F(UnpackTest, StopsWhenAsked) {
  const Path source = scratch_.write("source", packed(rows_, "xz"));
  EXPECT_THROW(unpack(source, scratch_.folder(), 0, [] { return true; }), Interrupted);
}

}  // namespace
}  // namespace e2lm
