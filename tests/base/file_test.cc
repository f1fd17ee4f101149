#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>

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

TEST(FileTest, ALinkStaysAndWhatItLeadsToIsWritten) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "disk");
  std::filesystem::create_symlink("disk/real", scratch / "link");
  for (const char* content : {"new", "again"}) {  // where it leads to nothing yet, and to a file
    check_can_write(scratch / "link");
    write_file(scratch / "link", content);
    EXPECT_TRUE(std::filesystem::is_symlink(scratch / "link"));
    EXPECT_EQ(read_file(scratch / "disk/real"), content);
  }
  EXPECT_EQ(list_folder(scratch / "disk").size(), 1u);
}

// As of a program in another container, which has the same process number.
TEST(FileTest, AFileThatAnotherIsWritingIsLeftToIt) {
  const Scratch scratch;
  const Path theirs = scratch / ("x." + std::to_string(::getpid()) + ".part");
  std::ofstream(theirs) << "half";
  check_can_write(scratch / "x");
  write_file(scratch / "x", "whole");
  EXPECT_EQ(read_file(scratch / "x"), "whole");
  EXPECT_EQ(read_file(theirs), "half");
  EXPECT_EQ(list_folder(scratch.folder()).size(), 2u);
}

// A file renamed over /dev/null would end it for every program of the machine.
TEST(FileTest, DevicesAreWrittenToAndStay) {
  const Scratch scratch;
  const Path link = scratch / "null";
  std::filesystem::create_symlink("/dev/null", link);
  check_can_write(link);
  write_file(link, "x");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_TRUE(std::filesystem::is_character_file(link));
  EXPECT_EQ(list_folder(scratch.folder()).size(), 1u);
}

TEST(FileTest, SaysBeforehandWhetherItCanWrite) {
  const Scratch scratch;
  check_can_write(scratch / "a/b.txt");
  EXPECT_TRUE(list_folder(scratch / "a").empty());
  scratch.write("a/b.txt", "old");
  check_can_write(scratch / "a/b.txt");
  EXPECT_EQ(read_file(scratch / "a/b.txt"), "old");
  expect_error([&] { check_can_write(scratch / "a"); }, "is a folder");
  expect_error([&] { check_can_write(scratch / "a/b.txt/c.txt"); }, "cannot make the folder");
  expect_error([] { check_can_write("/proc/none/c.txt"); }, "/proc/none", "cannot make the folder");
}

TEST(FileTest, MissingFilesAndFoldersAreNamed) {
  const Scratch scratch;
  expect_error([&] { read_file(scratch / "none.txt"); }, "none.txt", "No such file");
  expect_error([&] { MappedFile file(scratch.folder()); }, "not a regular file");
  expect_error([&] { list_folder(scratch / "none"); }, "none", "cannot list");
}

TEST(FileTest, APipeIsRefusedAndNotWaitedFor) {
  const Scratch scratch;
  ASSERT_EQ(::mkfifo((scratch / "pipe").c_str(), 0600), 0);
  expect_error([&] { read_file(scratch / "pipe"); }, "pipe", "not a regular file");
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

TEST(FileTest, AMappedFileThatIsCutOffEndsNothing) {
  const Scratch scratch;
  const Path path = scratch.write("f", std::string(100'000, 'x'));
  const MappedFile file(path);
  EXPECT_EQ(file.bytes().back(), std::byte{'x'});
  file.check_unchanged();
  std::filesystem::resize_file(path, 50'000);
  EXPECT_EQ(file.bytes()[49'999], std::byte{'x'});
  EXPECT_EQ(file.bytes()[50'000], std::byte{0});
  EXPECT_EQ(file.bytes()[99'999], std::byte{0}) << "a page that is no more";
  expect_error([&] { file.check_unchanged(); }, "/f: had 100000 bytes and now has 50000");
  EXPECT_EQ(read_file(path).size(), 50'000u) << "opened again it is as it is";
}

TEST(FileTest, AMappedFileThatIsWrittenToSaysSo) {
  const Scratch scratch;
  const Path path = scratch.write("f", "abc");
  const MappedFile file(path);
  write_file(path, "xyz");  // another file in its place
  file.check_unchanged();
  MappedFile moved = MappedFile(path);
  const MappedFile second = std::move(moved);
  const timespec times[2] = {{1, 0}, {1, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  expect_error([&] { second.check_unchanged(); }, "was changed while it was read");
}

}  // namespace
}  // namespace e2lm
