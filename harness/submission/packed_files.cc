#include "harness/submission/packed_files.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <locale.h>
#include <zlib.h>

#include <array>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "harness/submission/safe_path.h"

namespace e2lm::submission {
namespace {

constexpr size_t kChunkBytes = 1 << 16;
constexpr const char* kFolder = "the folder";

// Counts what is taken in and refuses what is too much.
class Budget {
 public:
  Budget(const UnpackLimits& limits, int64_t packed_bytes)
      : limits_(limits), packed_bytes_(packed_bytes) {}

  void add_file(std::string_view where) {
    if (++files_ <= limits_.files) return;
    throw Error(where, fmt::format("holds more than {} files", with_commas(limits_.files)));
  }

  // Before anything is unpacked, by what the archive says of itself.
  void check_room(int64_t bytes, std::string_view where) const {
    if (bytes <= limits_.bytes - bytes_) return;
    throw Error(where, fmt::format("unpacks to more than {} bytes", with_commas(limits_.bytes)));
  }

  void add_bytes(int64_t bytes, std::string_view where) {
    check_room(bytes, where);
    bytes_ += bytes;
    if (bytes_ > limits_.free_bytes && bytes_ / limits_.ratio > packed_bytes_) {
      throw Error(where, fmt::format("unpacks to more than {} times its {} bytes: taken for a bomb",
                                     limits_.ratio, with_commas(packed_bytes_)));
    }
  }

 private:
  const UnpackLimits& limits_;
  int64_t packed_bytes_;
  int64_t files_ = 0, bytes_ = 0;
};

// libarchive turns names into the locale's characters; those of C would lose all but ASCII.
class Utf8Names {
 public:
  Utf8Names() : utf8_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (utf8_) before_ = ::uselocale(utf8_);
  }
  ~Utf8Names() {
    if (!utf8_) return;
    ::uselocale(before_);
    ::freelocale(utf8_);
  }
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;

 private:
  locale_t utf8_, before_ = nullptr;
};

struct CloseArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

class ArchiveReader {
 public:
  ArchiveReader(const Path& path, const UnpackLimits& limits)
      : name_(path.filename().string()),
        budget_(limits, static_cast<int64_t>(std::filesystem::file_size(path))),
        reader_(archive_read_new()) {
    archive_read_support_format_zip(reader_.get());
    archive_read_support_format_tar(reader_.get());
    archive_read_support_filter_gzip(reader_.get());
    if (archive_read_open_filename(reader_.get(), path.c_str(), kChunkBytes) != ARCHIVE_OK) fail();
  }

  PackedFiles read() {
    archive_entry* entry = nullptr;
    for (;;) {
      const int status = archive_read_next_header(reader_.get(), &entry);
      if (status == ARCHIVE_EOF) return std::move(files_);
      // A warning is about what is not used here: a name in another character set, a time.
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) fail();
      read_entry(entry);
    }
  }

 private:
  [[noreturn]] void fail() const {
    const char* why = archive_error_string(reader_.get());
    throw Error(name_, fmt::format("cannot be unpacked: {}", printable(why ? why : "")),
                "a zip archive");
  }

  void read_entry(archive_entry* entry) {
    const char* utf8 = archive_entry_pathname_utf8(entry);
    const char* raw = utf8 ? utf8 : archive_entry_pathname(entry);
    std::string name = raw ? raw : "";
    budget_.add_file(name_);
    const auto type = archive_entry_filetype(entry);
    const bool is_folder = type == AE_IFDIR;
    while (is_folder && name.size() > 1 && name.ends_with('/')) name.pop_back();
    if (is_folder && name == ".") return;
    if (name.starts_with("./")) name.erase(0, 2);  // as tar writes `.`
    const Path path = safe_path(name, name_);
    const std::string where = fmt::format("{}: {}", name_, path.string());
    if (archive_entry_hardlink(entry) || archive_entry_symlink(entry) || type == AE_IFLNK) {
      throw Error(where, "is a link", "plain files and folders");
    }
    if (!is_folder && type != AE_IFREG) {
      throw Error(where, "is no plain file", "plain files and folders");
    }
    if (archive_entry_is_encrypted(entry)) throw Error(where, "is encrypted");
    const bool of_mac = *path.begin() == "__MACOSX" || path.filename() == ".DS_Store";
    if (is_folder || of_mac) return;
    std::string content = read_content(entry, where);
    if (!files_.emplace(path, std::move(content)).second) {
      throw Error(where, "is in the archive twice");
    }
  }

  std::string read_content(archive_entry* entry, const std::string& where) {
    std::string content;
    if (archive_entry_size_is_set(entry)) {
      budget_.check_room(archive_entry_size(entry), name_);
    }
    std::array<char, kChunkBytes> buffer;
    for (;;) {
      const la_ssize_t count = archive_read_data(reader_.get(), buffer.data(), buffer.size());
      if (count == 0) break;
      if (count < 0) fail();
      budget_.add_bytes(count, name_);
      content.append(buffer.data(), static_cast<size_t>(count));
    }
    if (archive_entry_size_is_set(entry) && archive_entry_size(entry) != std::ssize(content)) {
      throw Error(where, fmt::format("has {} bytes where the archive says {}", content.size(),
                                     archive_entry_size(entry)));
    }
    return content;
  }

  std::string name_;  // in messages, wherever the archive lies
  Budget budget_;
  std::unique_ptr<archive, CloseArchive> reader_;
  PackedFiles files_;
};

void read_folder(const Path& folder, const Path& below, Budget& budget, PackedFiles& files) {
  for (const Path& entry : list_folder(folder)) {
    const std::string name = entry.filename().string();
    const std::string where = (below / name).string();
    if (name == ".git" || name == ".DS_Store" || name == "__pycache__") continue;
    budget.add_file(kFolder);
    const auto status = std::filesystem::symlink_status(entry);
    const Path path = below / safe_path(name, kFolder);
    if (std::filesystem::is_symlink(status)) throw Error(where, "is a link", "plain files");
    if (std::filesystem::is_directory(status)) {
      read_folder(entry, path, budget, files);
      continue;
    }
    if (!std::filesystem::is_regular_file(status)) throw Error(where, "is no plain file");
    budget.add_bytes(static_cast<int64_t>(std::filesystem::file_size(entry)), where);
    files.emplace(path, read_file(entry));
  }
}

// Unpacked bytes of gzip's format, counted against the budget and thrown away.
void count_unpacked(const std::string& packed, Budget& budget, const std::string& where) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;
  if (inflateInit2(&stream, kGzip) != Z_OK) throw Error(where, "cannot be unpacked");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
  std::array<unsigned char, kChunkBytes> buffer;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  int status = Z_OK;
  while (stream.avail_in > 0 || status == Z_OK) {
    stream.next_out = buffer.data();
    stream.avail_out = buffer.size();
    status = inflate(&stream, Z_NO_FLUSH);
    budget.add_bytes(static_cast<int64_t>(buffer.size() - stream.avail_out), where);
    if (status == Z_STREAM_END && stream.avail_in > 0) status = inflateReset(&stream);
    if (status != Z_OK) break;  // its end, or damage: whoever reads the file says so
  }
}

}  // namespace

void check_folders(const PackedFiles& files, std::string_view where) {
  for (const auto& [path, content] : files) {
    for (Path folder = path.parent_path(); !folder.empty(); folder = folder.parent_path()) {
      if (!files.contains(folder)) continue;
      throw Error(where, fmt::format("holds '{}' both as a file and as a folder", folder.string()));
    }
  }
}

PackedFiles read_archive(const Path& archive, const UnpackLimits& limits) {
  const Utf8Names names;
  PackedFiles files = ArchiveReader(archive, limits).read();
  const std::string name = archive.filename().string();
  if (files.empty()) throw Error(name, "holds no file", "a zip archive");
  check_folders(files, name);
  return files;
}

PackedFiles read_folder(const Path& folder, const UnpackLimits& limits) {
  PackedFiles files;
  Budget budget(limits, limits.bytes);  // nothing is packed, so no ratio
  read_folder(folder, "", budget, files);
  if (files.empty()) throw Error(kFolder, "holds no file");
  return files;
}

void check_gzipped(const PackedFiles& files, const UnpackLimits& limits) {
  for (const auto& [path, content] : files) {
    if (!content.starts_with("\x1f\x8b")) continue;
    Budget budget(limits, std::ssize(content));
    count_unpacked(content, budget, path.string());
  }
}

void write_files(const PackedFiles& files, const Path& folder) {
  for (const auto& [path, content] : files) write_file(folder / path, content);
}

}  // namespace e2lm::submission
