#pragma once

#include <cstdint>
#include <string>

#include "base/input_file.h"

namespace e2lm {

// Cuts a file of JSON into the texts of its values, one at a time: memory holds one value. It looks
// at brackets and quotes only; whether a text is right JSON is for the parser to say.
class JsonValues {
 public:
  explicit JsonValues(const Path& path) : file_(path) {}

  // The next byte that is no white space, still unread; -1 at the end.
  int peek();
  // Reads that byte. Throws Error when it is another.
  void expect(char byte);

  // The next value's text. Throws Error at the end of the file, or when the value is longer than
  // any row is (64 MiB).
  std::string take();
  void skip();

  // Where the next byte stands.
  int64_t line() const { return file_.line(); }
  int64_t offset() const { return file_.offset(); }
  const Path& path() const { return file_.path(); }
  std::string where() const;

 private:
  int take_byte(std::string& text);
  void take_string(std::string& text);

  InputFile file_;
  bool keep_ = true;  // what is read goes into the text
};

}  // namespace e2lm
