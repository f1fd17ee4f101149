#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/file.h"

struct gzFile_s;

namespace e2lm {

// A file read from its beginning to its end, byte by byte, in memory of fixed size. What opens with
// gzip's magic number is unpacked on the way, whatever its name; a byte order mark is passed over.
class InputFile {
 public:
  // Throws Error when the file cannot be opened or is not a regular file.
  explicit InputFile(const Path& path);

  // The next byte, or -1 at the end. Throws Error with file and line when the file cannot be read
  // on: packed data that is cut off or damaged, a failing disk.
  int get() {
    const int byte = peek();
    if (byte < 0) return byte;
    ++at_;
    line_ += byte == '\n';
    return byte;
  }
  int peek() { return at_ < end_ || refill() ? static_cast<unsigned char>(buffer_[at_]) : -1; }

  // The next line without its end into `text`; false, and no text, at the end of the file.
  bool read_line(std::string& text);

  const Path& path() const { return path_; }
  int64_t line() const { return line_; }  // of the next byte, from 1
  // Unpacked bytes before the next byte, the byte order mark among them.
  int64_t offset() const { return before_ + at_; }

 private:
  struct Close {
    void operator()(gzFile_s* file) const;
  };

  bool refill();

  Path path_;
  std::unique_ptr<gzFile_s, Close> file_;
  std::array<char, 1 << 16> buffer_;
  int64_t before_ = 0;  // bytes that were in the buffer before and have left it
  int64_t at_ = 0, end_ = 0;
  int64_t line_ = 1;
};

// All of a file, unpacked and without a byte order mark. Throws Error if it cannot be read or has
// more than a gibibyte.
std::string read_unpacked(const Path& path);

}  // namespace e2lm
