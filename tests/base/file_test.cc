#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "tests/support/expect_error.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

TEST(FileTest, WritesAndReadsBack) {
  const Scratch scratch;
  write_file(scratch / "a/b/c.txt", "one\ntwo");
  EXPECT_EQ(read_file(scratch / "a/b/c.txt"), "one\ntwo");
  write_file(scratch / "a/b/c.txt", "");
  EXPECT_EQ(read_file(scratch / "a/b/c.txt"), "");
  EXPECT_EQ(list_folder(scratch / "a/b").size(), 1u) << "the file written beside was left behind";
}

TEST(FileTest, MissingFilesAndFoldersAreNamed) {
  const Scratch scratch;
  expect_error([&] { read_file(scratch / "none.txt"); }, "none.txt", "No such file");
  expect_error([&] { MappedFile file(scratch.folder()); }, "not a regular file");
  expect_error([&] { list_folder(scratch / "none"); }, "none", "cannot list");
}

TEST(FileTest, AFullDiskLeavesTheOldContent) {
  const Scratch scratch;
  const Path path = scratch.write("report.md", "old");
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit = {};
  ::getrlimit(RLIMIT_FSIZE, &old_limit);
  const rlimit tight = {.rlim_cur = 1000, .rlim_max = old_limit.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &tight);
  expect_error([&] { write_file(path, std::string(5000, 'x')); }, "report.md", "cannot write");
  ::setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(list_folder(scratch.folder()).size(), 1u);
}

}  // namespace
}  // namespace e2lm
