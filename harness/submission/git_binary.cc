#include "harness/submission/git_binary.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <charconv>

namespace e2lm::submission {
namespace {

constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

// How many bytes a line holds: A-Z are 1 to 26, a-z 27 to 52.
size_t line_bytes(char c, const PatchLines& lines) {
  if (c >= 'A' && c <= 'Z') return static_cast<size_t>(c - 'A') + 1;
  if (c >= 'a' && c <= 'z') return static_cast<size_t>(c - 'a') + 27;
  lines.fail("a line of binary data does not begin with its length");
}

// Five digits of base 85, most significant first, are four bytes, likewise.
void decode_line(std::string_view line, const PatchLines& lines, std::string& packed) {
  const size_t bytes = line_bytes(line.front(), lines);
  line.remove_prefix(1);
  if (line.size() != (bytes + 3) / 4 * 5) lines.fail("a line of binary data is cut off");
  const size_t end = packed.size() + bytes;
  for (size_t at = 0; at < line.size(); at += 5) {
    uint64_t value = 0;
    for (const char c : line.substr(at, 5)) {
      const size_t digit = kDigits.find(c);
      if (digit == std::string_view::npos) lines.fail("is no line of base-85 digits");
      value = value * 85 + digit;
    }
    if (value > UINT32_MAX) lines.fail("has a base-85 number that is too large");
    for (const int shift : {24, 16, 8, 0}) packed += static_cast<char>(value >> shift & 0xFF);
  }
  packed.resize(end);
}

std::string decompress(const std::string& packed, size_t bytes, const PatchLines& lines) {
  std::string content(bytes, '\0');
  auto size = static_cast<uLongf>(bytes);
  Bytef none = 0;
  const int status =
      uncompress(bytes ? reinterpret_cast<Bytef*>(content.data()) : &none, &size,
                 reinterpret_cast<const Bytef*>(packed.data()), static_cast<uLong>(packed.size()));
  if (status != Z_OK || size != bytes) {
    lines.fail(fmt::format("the binary data before do not unpack to {} bytes", bytes));
  }
  return content;
}

// One direction; the packed data are kept only of a literal one.
std::string read_part(PatchLines& lines, bool& is_delta) {
  std::string_view count;
  is_delta = lines.take("delta ", count);
  if (!is_delta && !lines.take("literal ", count)) {
    lines.fail("is no binary data", "'literal' or 'delta' and a number of bytes");
  }
  size_t bytes = 0;
  const auto read = std::from_chars(count.data(), count.data() + count.size(), bytes);
  if (read.ec != std::errc() || read.ptr != count.data() + count.size()) {
    lines.fail("the line before has no number of bytes");
  }
  if (bytes > static_cast<size_t>(kMostBinaryBytes)) {
    lines.fail(fmt::format("a binary file of more than {} bytes", kMostBinaryBytes));
  }
  std::string packed;
  for (; !lines.done() && !lines.peek().empty(); lines.next()) {
    decode_line(lines.peek(), lines, packed);
  }
  // zlib packs to a thousandth at most: what claims more is no honest file.
  constexpr size_t kRatio = 1100;
  if (!is_delta && bytes / kRatio > packed.size()) {
    lines.fail(fmt::format("{} packed bytes cannot be a file of {}", packed.size(), bytes));
  }
  std::string content = is_delta ? "" : decompress(packed, bytes, lines);
  if (!lines.done()) lines.next();
  return content;
}

}  // namespace

std::string read_binary_patch(PatchLines& lines, bool& is_delta) {
  std::string content = read_part(lines, is_delta);
  bool back_is_delta = false;
  if (lines.starts("literal ") || lines.starts("delta ")) read_part(lines, back_is_delta);
  return content;
}

}  // namespace e2lm::submission
