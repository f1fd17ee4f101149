#include "harness/submission/git_patch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/expect_error.h"
#include "tests/support/scratch.h"
#include "tests/support/submission_files.h"

namespace e2lm::submission {
namespace {

using Kind = PatchedFile::Kind;
using testing::HasSubstr;

std::vector<PatchedFile> read(const std::string& text) {
  return read_git_patch(text, "p");
}

TEST(GitPatchTest, AFileIsAddedByteForByte) {
  for (const std::string content :
       {"one\n", "one\ntwo", "\n", "", "tab\there\n\nlast line ends in CR\r\n", "-- \n+x\n@@\n"}) {
    const auto files = read(added_file("a/b.txt", content));
    ASSERT_EQ(files.size(), 1u);
    EXPECT_EQ(files[0].kind, Kind::added);
    EXPECT_EQ(files[0].path, "a/b.txt");
    EXPECT_TRUE(files[0].has_content);
    EXPECT_EQ(files[0].content, content);
  }
}

TEST(GitPatchTest, ChangesOfExistingFilesAreTold) {
  const auto files = read(
      "From 1234 Mon Sep 17\nSubject: [PATCH] x\n\n"
      "diff --git a/m.py b/m.py\nindex 11..22 100644\n--- a/m.py\n+++ b/m.py\n"
      "@@ -1,3 +1,4 @@ def f():\n a\n-b\n+c\n+d\n e\n@@ -9 +10 @@\n-x\n+y\n"
      "diff --git a/gone.txt b/gone.txt\ndeleted file mode 100644\nindex 11..00\n"
      "--- a/gone.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
      "diff --git a/old name.md b/new.md\nsimilarity index 100%\nrename from old name.md\n"
      "rename to new.md\n"
      "diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n"
      "diff --git a/pic.png b/pic.png\nindex 11..22 100644\n"
      "Binary files a/pic.png and b/pic.png differ\n"
      "-- \n2.39.5\n\n");
  ASSERT_EQ(files.size(), 5u);
  EXPECT_EQ(files[0].kind, Kind::modified);
  EXPECT_EQ(files[0].lines_added, 3);
  EXPECT_EQ(files[0].lines_removed, 2);
  EXPECT_EQ(files[0].line, 4);
  EXPECT_EQ(files[1].kind, Kind::deleted);
  EXPECT_EQ(files[1].path, "gone.txt");
  EXPECT_EQ(files[2].kind, Kind::renamed);
  EXPECT_EQ(files[2].old_path, "old name.md");
  EXPECT_EQ(files[2].path, "new.md");
  EXPECT_EQ(files[3].kind, Kind::modified);
  EXPECT_TRUE(files[4].binary);
}

TEST(GitPatchTest, QuotedNamesAndNamesWithSpaces) {
  const auto files = read(
      "diff --git \"a/caf\\303\\251 \\\"x\\\".txt\" \"b/caf\\303\\251 \\\"x\\\".txt\"\n"
      "new file mode 100644\n--- /dev/null\n+++ \"b/caf\\303\\251 \\\"x\\\".txt\"\n"
      "@@ -0,0 +1 @@\n+q\n"
      "diff --git a/with space.txt b/with space.txt\nnew file mode 100644\n"
      "--- /dev/null\n+++ b/with space.txt\t\n@@ -0,0 +1 @@\n+s\n"
      "diff --git c/mnemonic.txt i/mnemonic.txt\nnew file mode 100644\nindex 00..e69de29\n"
      "diff --git bare.txt bare.txt\nnew file mode 100644\n--- /dev/null\n+++ bare.txt\n"
      "@@ -0,0 +1 @@\n+n\n");
  ASSERT_EQ(files.size(), 4u);
  EXPECT_EQ(files[0].path, "café \"x\".txt");
  EXPECT_EQ(files[1].path, "with space.txt");
  EXPECT_EQ(files[2].path, "mnemonic.txt");
  EXPECT_EQ(files[3].path, "bare.txt");
}

TEST(GitPatchTest, APatchConvertedToCrLfIsReadAsItWas) {
  std::string text = added_file("a.txt", "one\ntwo\n"), converted;
  for (const char c : text) converted += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(read(converted)[0].content, "one\ntwo\n");
  converted.replace(converted.find("+one\r"), 5, "+one");
  expect_error([&] { read(converted); }, "p:7", "all or none");
}

TEST(GitPatchTest, APatchOfPowerShellIsSaidToBeUtf16) {
  expect_error(
      [] {
        read(
            std::string("\xFF\xFE"
                        "d\0i\0f\0f\0",
                        10));
      },
      "p: is text in UTF-16", "--output=FILE");
}

TEST(GitPatchTest, DamageIsNamedWithItsLine) {
  const std::string head = "diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n";
  const auto refused = [](const std::string& text, const auto&... parts) {
    expect_error([&] { read(text); }, parts...);
  };
  refused("", "no file in the patch");
  refused("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", "no file in the patch");
  refused(head + "@@ -0,0 +1,3 @@\n+a\n", "p:7", "ends within a hunk");
  refused(head + "@@ -0,0 +1 @@\n+a\n+b\n", "p:7", "belongs to no file");
  refused(head + "@@ -0,0 +1,2 @@\n+a\nb\n", "p:7", "'b' does not fit the hunk");
  refused(head + "@@ -0,0 +x @@\n+a\n", "p:6", "no head of a hunk");
  refused(head + "@@ -1 +1 @@\n-a\n+a\n", "removes lines");
  refused(head + "+a\n", "p:5", "no hunk");
  refused(head + "@@ -0,0 +1 @@\n+a\n" + head + "@@ -0,0 +1 @@\n+a\n", "x is in the patch twice");
  refused("diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/y\n@@ -0,0 +1 @@\n+a\n",
          "not those of the header");
  refused("diff --git a/x b/y\nindex 1..2\n", "names cannot be told");
  refused("diff --git \"a/x b/x\nnew file mode 100644\n", "p:2", "no end");
}

TEST(GitPatchTest, PathsThatEscapeLinksAndSubmodulesAreRefused) {
  for (const std::string path :
       {"../x", "a/../../x", "/etc/passwd", "a//b", ".git/hooks/x", "a/./b", "a\\b"}) {
    expect_error([&] { read(added_file(path, "x\n")); }, "p:", "path");
  }
  expect_error([&] { read(added_file("x", "target", "120000")); }, "symbolic link");
  expect_error([&] { read(added_file("x", "Subproject commit 1\n", "160000")); }, "submodule");
  expect_error(
      [&] { read("diff --git a/x b/x\nsimilarity index 100%\nrename from ../x\nrename to x\n"); },
      "leads out");
  expect_error(
      [&] {
        read(
            "diff --git \"a/\\056\\056/x\" \"b/\\056\\056/x\"\nnew file mode 100644\n"
            "index 0..1\n");
      },
      "leads out");
}

// What git itself writes, so that the reader is not only tested with what its author had in mind.
TEST(GitPatchTest, ReadsWhatGitWrites) {
  if (std::system("git --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "git is not installed";
  const Scratch scratch;
  std::string binary;
  for (int i = 0; i < 5000; ++i) binary += static_cast<char>((i * i) >> 3);
  const std::string git = "cd " + scratch.folder().string() +
                          " && git -c user.name=t -c user.email=t@t -c core.autocrlf=false ";
  ASSERT_EQ(std::system((git + "init -q .").c_str()), 0);
  scratch.write("kept.py", "a\nb\nc\n");
  scratch.write("moved.txt", "long enough to be the same\nfile as before\n");
  ASSERT_EQ(std::system((git + "add -A && git -C " + scratch.folder().string() +
                         " -c user.name=t -c user.email=t@t commit -qm x")
                            .c_str()),
            0);
  scratch.write("kept.py", "a\nB\nc\n");
  scratch.write("data/ö \"q\".bin", binary);
  scratch.write("data/rows.jsonl", "{\"a\": 1}\r\n{\"a\": 2}");
  scratch.write("empty", "");
  std::filesystem::rename(scratch / "moved.txt", scratch / "moved_here.txt");
  ASSERT_EQ(std::system((git + "add -A && git -C " + scratch.folder().string() +
                         " diff --cached --binary -M > " + (scratch / "out.patch").string())
                            .c_str()),
            0);
  std::map<std::string, PatchedFile> files;
  for (PatchedFile& file : read(read_file(scratch / "out.patch"))) {
    files[file.path.string()] = std::move(file);
  }
  EXPECT_EQ(files.size(), 5u);
  EXPECT_EQ(files["data/ö \"q\".bin"].content, binary);
  EXPECT_TRUE(files["data/ö \"q\".bin"].binary);
  EXPECT_EQ(files["data/rows.jsonl"].content, "{\"a\": 1}\r\n{\"a\": 2}");
  EXPECT_TRUE(files["empty"].has_content);
  EXPECT_EQ(files["kept.py"].kind, Kind::modified);
  EXPECT_EQ(files["moved_here.txt"].kind, Kind::renamed);
  EXPECT_EQ(files["moved_here.txt"].old_path, "moved.txt");
}

TEST(GitPatchTest, DamagedBinaryDataAreRefused) {
  const std::string head =
      "diff --git a/x b/x\nnew file mode 100644\nindex 0..1\nGIT binary patch\n";
  const auto refused = [&](const std::string& body, const auto&... parts) {
    expect_error([&] { read(head + body); }, parts...);
  };
  refused("literal 5\nAc\n\n", "p:6", "cut off");
  refused("literal 5\n!c\n\n", "p:6", "length");
  refused("literal x\n", "no number");
  refused("literal 5\nEabcd\"fghij\n\n", "p:6");
  refused("literal 5\n\n", "do not unpack to 5 bytes");
  refused("literal 999999999999\n\n", "more than");
  refused("literal 100000000\nEabcdeabcde\n\n", "cannot be a file of 100000000");
  refused("delta 5\nEabcdeabcde\n\n", "given as a difference");
}

}  // namespace
}  // namespace e2lm::submission
