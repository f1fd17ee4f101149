#include "tasks/template/python_text.h"
#include "tasks/template/template.h"

namespace e2lm {
namespace {

class Writer {
 public:
  explicit Writer(int indent) : indent_(indent) {}

  void write(const Json& value, int depth) {
    if (value.is_object() || value.is_array()) return write_items(value, depth);
    if (value.is_number_float()) {
      text_ += jinja::json_real(value.get<double>());
    } else {
      text_ += plain(value);
    }
  }

  std::string take() { return std::move(text_); }

 private:
  // What is no UTF-8, as a path can be, is replaced.
  static std::string plain(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  void write_items(const Json& value, int depth) {
    text_ += value.is_object() ? '{' : '[';
    bool first = true;
    for (const auto& [key, item] : value.items()) {
      if (!first) text_ += indent_ > 0 ? "," : ", ";
      first = false;
      break_line(depth + 1);
      if (value.is_object()) text_ += plain(key) + ": ";
      write(item, depth + 1);
    }
    if (!first) break_line(depth);
    text_ += value.is_object() ? '}' : ']';
  }

  void break_line(int depth) {
    if (indent_ > 0) text_ += "\n" + std::string(static_cast<size_t>(indent_ * depth), ' ');
  }

  int indent_;
  std::string text_;
};

}  // namespace

std::string python_json(const Json& value, int indent) {
  Writer writer(indent);
  writer.write(value, 0);
  return writer.take();
}

}  // namespace e2lm
