#include "tasks/template/markup.h"

#include <fmt/format.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "tasks/template/python_text.h"
#include "tasks/template/unicode.h"

namespace e2lm::jinja {
namespace {

std::string_view short_escape(char32_t c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\f':
      return "\\f";
    case '\b':
      return "\\b";
    default:
      return {};
  }
}

void append_json_text(std::string_view text, std::string& out) {
  static constexpr std::u32string_view kUnsafe = U"<>&'";
  out += '"';
  for (size_t at = 0; at < text.size();) {
    const char32_t c = next_character(text, at);
    if (const std::string_view escape = short_escape(c); !escape.empty()) {
      out += escape;
    } else if (c >= ' ' && c < 0x7F && kUnsafe.find(c) == std::u32string_view::npos) {
      out += static_cast<char>(c);
    } else if (c < 0x10000) {
      out += fmt::format("\\u{:04x}", static_cast<uint32_t>(c));
    } else {
      out += fmt::format("\\u{:04x}\\u{:04x}", static_cast<uint32_t>(U16_LEAD(c)),
                         static_cast<uint32_t>(U16_TRAIL(c)));
    }
  }
  out += '"';
}

class JsonWriter {
 public:
  JsonWriter(Work& work, std::string& out) : work_(work), out_(out) {}

  void write(const Value& value, int depth) {
    work_.spend(1);
    work_.require_size(out_.size());
    if (depth > Work::kMaxDepth) work_.fail("is a list nested too deeply to print");
    if (const auto* text = value.get<std::string_view>()) {
      work_.spend_bytes(text->size());
      append_json_text(*text, out_);
    } else if (const auto* items = items_of(value)) {
      write_items(*items, depth);
    } else if (const auto* dict = value.get<Dict>()) {
      write_dict(*dict, depth);
    } else {
      write_scalar(value);
    }
  }

 private:
  void write_items(const Items& items, int depth) {
    out_ += '[';
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ", ";
      write(items[i], depth + 1);
    }
    out_ += ']';
  }

  void write_dict(const Dict& dict, int depth) {
    std::vector<std::pair<std::string_view, Value>> entries;
    for (size_t i = 0; i < dict.size(); ++i) {
      const Value key = dict.key(i);
      const auto* text = key.get<std::string_view>();
      if (text == nullptr) work_.fail("tojson meets a key that is no text");
      entries.emplace_back(*text, dict.value(i));
    }
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    out_ += '{';
    for (size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) out_ += ", ";
      append_json_text(entries[i].first, out_);
      out_ += ": ";
      write(entries[i].second, depth + 1);
    }
    out_ += '}';
  }

  void write_scalar(const Value& value) {
    if (value.is<None>()) {
      out_ += "null";
    } else if (const auto* boolean = value.get<bool>()) {
      out_ += *boolean ? "true" : "false";
    } else if (const auto* integer = value.get<int64_t>()) {
      out_ += fmt::format("{}", *integer);
    } else if (const auto* real = value.get<double>()) {
      out_ += json_real(*real);
    } else {
      require_defined(work_, value);
      work_.fail(fmt::format("tojson meets a {}", type_name(value)));
    }
  }

  Work& work_;
  std::string& out_;
};

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '"':
        out += "&#34;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string html_safe_json(Work& work, const Value& value) {
  std::string out;
  JsonWriter(work, out).write(value, 0);
  return out;
}

}  // namespace e2lm::jinja
