#include "harness/submission/packed_files.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/support/expect_error.h"
#include "tests/support/scratch.h"
#include "tests/support/submission_files.h"

namespace e2lm::submission {
namespace {

std::string gzipped(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// An archive of one file of zeros that is never in memory as a whole.
Path write_bomb(const Path& path, int64_t bytes) {
  archive* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  archive_write_open_filename(writer, path.c_str());
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, "zeros");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_size(entry, bytes);
  archive_write_header(writer, entry);
  const std::string zeros(1 << 20, '\0');
  for (int64_t done = 0; done < bytes; done += std::ssize(zeros)) {
    archive_write_data(writer, zeros.data(), zeros.size());
  }
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  return path;
}

TEST(PackedFilesTest, ReadsZipAndTar) {
  const Scratch scratch;
  const std::vector<ArchiveFile> files = {
      {"folder/", ""}, {"folder/ä b.txt", "text"}, {"empty", ""}, {"__MACOSX/x", "no"}};
  for (const bool zip : {true, false}) {
    const PackedFiles read = read_archive(write_archive(scratch / "a", files, zip));
    ASSERT_EQ(read.size(), 2u);
    EXPECT_EQ(read.at("folder/ä b.txt"), "text");
    EXPECT_EQ(read.at("empty"), "");
  }
}

TEST(PackedFilesTest, UnsafeEntriesAreRefusedByName) {
  const Scratch scratch;
  const auto refused = [&](std::vector<ArchiveFile> files, bool zip, const auto&... parts) {
    files.insert(files.begin(), {"fine.txt", "x"});
    const Path archive = write_archive(scratch / "a", files, zip);
    expect_error([&] { read_archive(archive); }, parts...);
  };
  for (const bool zip : {true, false}) {
    refused({{"../out.txt", "x"}}, zip, "'../out.txt' leads out");
    refused({{"a/../../out.txt", "x"}}, zip, "leads out");
    refused({{"/etc/out.txt", "x"}}, zip, "is absolute");
    refused({{"link", "", "/etc/passwd"}}, zip, "link: is a link");
    refused({{"a", "x"}, {"a/b", "x"}}, zip, "both as a file and as a folder");
    refused({{"a", "x"}, {"a", "y"}}, zip, "twice");
    refused({{".git/hooks/pre-commit", "x"}}, zip, ".git");
    refused({{"line\nbreak", "x"}}, zip, "control character");
  }
  refused({{"hard", "", "fine.txt", true}}, false, "hard: is a link");
}

TEST(PackedFilesTest, BombsAreRefusedEarly) {
  const Scratch scratch;
  // Ten gigabytes in ten megabytes would take a minute to make; the ratio is the same in small.
  const Path bomb = write_bomb(scratch / "bomb.zip", int64_t{100} << 20);
  EXPECT_LT(std::filesystem::file_size(bomb), 200'000u);
  expect_error([&] { read_archive(bomb); }, "taken for a bomb");
  expect_error([&] { read_archive(bomb, {.bytes = 1 << 20, .ratio = 1 << 20}); },
               "more than 1,048,576 bytes");
  std::vector<ArchiveFile> many;
  for (int i = 0; i < 30; ++i) many.push_back({"f" + std::to_string(i), ""});
  const Path archive = write_archive(scratch / "many.zip", many);
  expect_error([&] { read_archive(archive, {.files = 20}); }, "more than 20 files");
}

// A tar archive of a file of ten gigabytes: zeros are packed once and written ten thousand times,
// which gzip allows.
Path write_ten_gigabytes(const Path& path) {
  std::string header(512, '\0');
  header.replace(0, 5, "zeros").replace(100, 7, "0000644").replace(124, 12, "120000000000");
  header.replace(156, 1, "0")
      .replace(257, 8,
               std::string("ustar\0"
                           "00",
                           8));
  int sum = 8 * ' ';
  for (const char c : header) sum += static_cast<unsigned char>(c);
  char octal[8];
  std::snprintf(octal, sizeof octal, "%06o", sum);
  header.replace(148, 8, std::string(octal, 7) + " ");
  std::string file = gzipped(header);
  const std::string zeros = gzipped(std::string(1 << 20, '\0'));
  for (int i = 0; i < 10 << 10; ++i) file += zeros;
  write_file(path, file);
  return path;
}

TEST(PackedFilesTest, TenGigabytesOfZerosAreRefused) {
  const Scratch scratch;
  const Path bomb = write_ten_gigabytes(scratch / "bomb.tar.gz");
  expect_error([&] { read_archive(bomb); }, "more than 268,435,456 bytes");
  // With all the room there is, the ratio ends it; what was unpacked until then fits in memory.
  expect_error([&] { read_archive(bomb, {.bytes = int64_t{1} << 40, .ratio = 20}); },
               "taken for a bomb");
}

// The sizes that an archive states are not believed.
TEST(PackedFilesTest, ASizeThatIsALieIsRefused) {
  const Scratch scratch;
  std::string bytes =
      read_file(write_archive(scratch / "a.zip", {{"f", std::string(50'000, 'x')}}));
  const std::string size("\x50\xc3\x00\x00", 4), lie("\x05\x00\x00\x00", 4);  // 50000, 5
  int replaced = 0;
  for (size_t at = 0; (at = bytes.find(size, at)) != std::string::npos; ++replaced) {
    bytes.replace(at, 4, lie);
  }
  ASSERT_GT(replaced, 0);
  const Path archive = scratch.write("lie.zip", bytes);
  expect_error([&] { read_archive(archive); }, "lie.zip");
}

TEST(PackedFilesTest, DamagedArchivesAreErrors) {
  const Scratch scratch;
  const Path whole = write_archive(scratch / "a.zip", {{"f", std::string(5000, 'x') + "end"}});
  const std::string bytes = read_file(whole);
  expect_error([&] { read_archive(scratch.write("none.zip", "no archive")); },
               "cannot be unpacked");
  expect_error([&] { read_archive(scratch.write("empty.zip", "")); }, "empty.zip");
  expect_error([&] { read_archive(scratch.write("cut.zip", bytes.substr(0, bytes.size() / 2))); },
               "cut.zip");
}

TEST(PackedFilesTest, FoldersAreReadWithoutLinks) {
  const Scratch scratch;
  scratch.write("in/task.yaml", "x");
  scratch.write("in/sub/rows.jsonl", "y");
  EXPECT_EQ(read_folder(scratch / "in").at("sub/rows.jsonl"), "y");
  std::filesystem::create_symlink("/etc/passwd", scratch / "in/link");
  expect_error([&] { read_folder(scratch / "in"); }, "link: is a link");
}

TEST(PackedFilesTest, GzippedDataAreMeasured) {
  check_gzipped({{"rows.jsonl.gz", gzipped("{\"a\": 1}\n")}, {"damaged.gz", "\x1f\x8b\x08zzz"}});
  const std::string bomb = gzipped(std::string(64 << 20, '0'));
  expect_error([&] { check_gzipped({{"x/rows.jsonl", bomb}}); }, "x/rows.jsonl", "bomb");
  expect_error([&] { check_gzipped({{"rows.gz", gzipped("a") + bomb}}); }, "bomb");
}

}  // namespace
}  // namespace e2lm::submission
