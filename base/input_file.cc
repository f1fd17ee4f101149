#include "base/input_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/error.h"

namespace e2lm {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

void InputFile::Close::operator()(gzFile_s* file) const {
  ::gzclose(file);
}

InputFile::InputFile(const Path& path) : path_(path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (!std::filesystem::exists(status)) throw Error(path.string(), "no such file");
  if (std::filesystem::is_directory(status)) throw Error(path.string(), "is a folder", "a file");
  if (!std::filesystem::is_regular_file(status)) {
    throw Error(path.string(), "is not a regular file");
  }
  file_.reset(::gzopen(path.c_str(), "rb"));
  if (!file_) throw Error(path.string(), fmt::format("cannot open: {}", std::strerror(errno)));
  if (refill() && std::string_view(buffer_.data(), end_).starts_with(kByteOrderMark)) {
    at_ = std::ssize(kByteOrderMark);
  }
}

bool InputFile::read_line(std::string& text) {
  text.clear();
  if (peek() < 0) return false;
  while (peek() >= 0) {
    const char* begin = buffer_.data() + at_;
    const auto* newline = static_cast<const char*>(std::memchr(begin, '\n', end_ - at_));
    text.append(begin, newline ? newline : buffer_.data() + end_);
    at_ = newline ? newline - buffer_.data() + 1 : end_;
    line_ += newline != nullptr;
    if (newline) break;
  }
  return true;
}

bool InputFile::refill() {
  before_ += end_;
  at_ = end_ = 0;
  const int got = ::gzread(file_.get(), buffer_.data(), buffer_.size());
  int code = Z_OK;
  const char* reason = ::gzerror(file_.get(), &code);
  // A stream that ends too early gives the bytes it has, and says so with the last of them.
  if (got < 0 || (code != Z_OK && code != Z_STREAM_END && got == 0)) {
    const std::string where = fmt::format("{}:{}", path_.string(), line_);
    if (code == Z_BUF_ERROR) throw Error(where, "the gzip data is cut off", "the rest of the file");
    if (code == Z_ERRNO) throw Error(where, fmt::format("cannot read: {}", std::strerror(errno)));
    throw Error(where, fmt::format("the gzip data is damaged: {}", reason));
  }
  end_ = got;
  return end_ > 0;
}

std::string read_unpacked(const Path& path) {
  constexpr size_t kMostBytes = size_t{1} << 30;
  InputFile file(path);
  std::string text, line;
  for (bool first = true; file.read_line(line); first = false) {
    if (!first) text += '\n';
    text += line;
    if (text.size() > kMostBytes) {
      throw Error(path.string(), "is too large to be read at once", "at most 1 GiB, unpacked");
    }
  }
  return text;
}

}  // namespace e2lm
