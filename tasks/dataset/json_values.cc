#include "tasks/dataset/json_values.h"

#include <fmt/format.h>

#include <string_view>

#include "base/error.h"

namespace e2lm {
namespace {

constexpr size_t kMaxBytes = 64 << 20;

bool is_space(int byte) {
  return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

bool ends_scalar(int byte) {
  return byte < 0 || is_space(byte) ||
         std::string_view("{}[],:\"").find(static_cast<char>(byte)) != std::string_view::npos;
}

}  // namespace

std::string JsonValues::where() const {
  return fmt::format("{}:{}", path().string(), file_.line());
}

int JsonValues::peek() {
  while (is_space(file_.peek())) file_.get();
  return file_.peek();
}

void JsonValues::expect(char byte) {
  const int found = peek();
  if (found == byte) {
    file_.get();
    return;
  }
  throw Error(
      where(), "is not valid JSON",
      found < 0 ? fmt::format("'{}' before the end of the file", byte) : fmt::format("'{}'", byte));
}

int JsonValues::take_byte(std::string& text) {
  const int byte = file_.get();
  if (byte >= 0 && keep_) text += static_cast<char>(byte);
  if (text.size() > kMaxBytes) {
    throw Error(where(), fmt::format("a value is longer than {} MiB", kMaxBytes >> 20),
                "a closing bracket or quote before that");
  }
  return byte;
}

// Stops at a line's end too, where a string cannot go on: the parser then names the right line.
void JsonValues::take_string(std::string& text) {
  take_byte(text);
  while (file_.peek() >= 0 && file_.peek() != '\n') {
    const int byte = take_byte(text);
    if (byte == '"') return;
    if (byte == '\\' && file_.peek() != '\n') take_byte(text);
  }
}

std::string JsonValues::take() {
  std::string text;
  if (peek() < 0) throw Error(where(), "the file ends in the middle", "a value");
  int depth = 0;
  do {
    const int byte = file_.peek();
    if (byte < 0) {
      // The parser then names the line where something is missing, not the end of the file.
      while (!text.empty() && is_space(text.back())) text.pop_back();
      break;
    }
    if (byte == '"') {
      take_string(text);
      if (keep_ && text.back() != '"') break;
    } else if (depth == 0 && byte != '{' && byte != '[') {
      do take_byte(text);
      while (!ends_scalar(file_.peek()));
    } else {
      depth += byte == '{' || byte == '[';
      depth -= byte == '}' || byte == ']';
      take_byte(text);
    }
  } while (depth > 0);
  return text;
}

void JsonValues::skip() {
  keep_ = false;
  take();
  keep_ = true;
}

}  // namespace e2lm
