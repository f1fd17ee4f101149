#include "harness/hub/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "harness/interrupted.h"

namespace e2lm {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPieceBytes = 1 << 16;
constexpr int64_t kFreeBytes = int64_t{1} << 30;
constexpr int64_t kMostRatio = 200;

enum class Packing { none, gzip, stream, zip };

Packing packing_of(const Path& source) {
  std::array<char, 6> bytes{};
  std::ifstream in(source, std::ios::binary);
  in.read(bytes.data(), bytes.size());
  const std::string_view start(bytes.data(), static_cast<size_t>(in.gcount()));
  if (start.starts_with("PK\x03\x04") || start.starts_with("PK\x05\x06")) return Packing::zip;
  if (start.starts_with("\x1F\x8B")) return Packing::gzip;
  const bool packed = start.starts_with("BZh") ||
                      start == std::string_view(
                                   "\xFD"
                                   "7zXZ\0",
                                   6) ||
                      start.starts_with("\x28\xB5\x2F\xFD");
  return packed ? Packing::stream : Packing::none;
}

struct CloseArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

class Unpacker {
 public:
  Unpacker(const Path& source, Packing packing, const std::function<bool()>& stop)
      : source_(source),
        packed_bytes_(static_cast<int64_t>(fs::file_size(source))),
        stop_(stop),
        reader_(archive_read_new()) {
    if (packing == Packing::zip) {
      archive_read_support_format_zip(reader_.get());
    } else {
      archive_read_support_format_raw(reader_.get());
      archive_read_support_format_empty(reader_.get());
      archive_read_support_filter_bzip2(reader_.get());
      archive_read_support_filter_xz(reader_.get());
      archive_read_support_filter_zstd(reader_.get());
    }
    if (archive_read_open_filename(reader_.get(), source.c_str(), kPieceBytes) != ARCHIVE_OK) {
      fail();
    }
  }

  // The next entry, or null.
  archive_entry* next() {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(reader_.get(), &entry);
    if (status == ARCHIVE_EOF) return nullptr;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) fail();
    return entry;
  }

  void write(const Path& file) {
    std::ofstream out(file, std::ios::binary);
    std::vector<char> piece(kPieceBytes);
    for (;;) {
      const la_ssize_t count = archive_read_data(reader_.get(), piece.data(), piece.size());
      if (count == 0) break;
      if (count < 0) fail();
      if (stop_ && stop_()) throw Interrupted();
      bytes_ += count;
      if (bytes_ > kFreeBytes && bytes_ / kMostRatio > packed_bytes_) {
        throw Error(source_.string(),
                    fmt::format("unpacks to more than {} times its {} bytes: taken for a bomb",
                                kMostRatio, with_commas(packed_bytes_)));
      }
      out.write(piece.data(), count);
      if (!out) break;
    }
    out.close();
    if (!out)
      throw Error(file.string(), fmt::format("cannot be written: {}", std::strerror(errno)));
  }

 private:
  [[noreturn]] void fail() const {
    const char* why = archive_error_string(reader_.get());
    const std::string said = why && is_utf8(why) ? why : "it is damaged";
    throw Error(source_.string(), fmt::format("cannot be unpacked: {}", said));
  }

  const Path& source_;
  int64_t packed_bytes_, bytes_ = 0;
  const std::function<bool()>& stop_;
  std::unique_ptr<archive, CloseArchive> reader_;
};

bool is_hidden(const std::string& name) {
  const std::vector<std::string> parts = split(name, '/');
  return std::any_of(parts.begin(), parts.end(), [](const std::string& part) {
    return part.starts_with('.') || part.starts_with("__");
  });
}

// Names within the archive make no paths here: files are numbered.
std::vector<UnpackedFile> unpack_zip(const Path& source, const Path& folder, int number,
                                     const std::function<bool()>& stop) {
  Unpacker unpacker(source, Packing::zip, stop);
  std::vector<UnpackedFile> files;
  while (archive_entry* entry = unpacker.next()) {
    const char* utf8 = archive_entry_pathname_utf8(entry);
    const char* raw = utf8 ? utf8 : archive_entry_pathname(entry);
    const std::string name = raw ? raw : "";
    if (archive_entry_filetype(entry) != AE_IFREG || is_hidden(name)) continue;
    if (archive_entry_is_encrypted(entry)) {
      throw Error(source.string(), "is an encrypted archive");
    }
    files.push_back({folder / fmt::format("{:05}.{:05}", number, files.size()), name});
    unpacker.write(files.back().file);
  }
  std::sort(files.begin(), files.end(),
            [](const UnpackedFile& a, const UnpackedFile& b) { return a.name < b.name; });
  return files;
}

}  // namespace

std::vector<UnpackedFile> unpack(const Path& source, const Path& folder, int number,
                                 const std::function<bool()>& stop) {
  if (stop && stop()) throw Interrupted();
  const Packing packing = packing_of(source);
  if (packing == Packing::zip) return unpack_zip(source, folder, number, stop);
  const Path file = folder / fmt::format("{:05}", number);
  if (packing == Packing::stream) {
    Unpacker unpacker(source, packing, stop);
    const bool any = unpacker.next() != nullptr;
    if (any) unpacker.write(file);
    if (!any) write_file(file, "");
  } else {
    std::error_code failed;
    fs::copy_file(source, file, failed);
    if (failed) throw Error(file.string(), "cannot be written: " + failed.message());
  }
  return {{file, source.filename().string(), packing == Packing::gzip}};
}

}  // namespace e2lm
