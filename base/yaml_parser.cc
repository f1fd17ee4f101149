// YAML by libyaml, which PyYAML, and so lm-evaluation-harness, reads task files with.

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <map>
#include <new>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "base/yaml.h"

namespace e2lm {
namespace {

constexpr int64_t kMaxNodes = 1'000'000;
constexpr int kMaxDepth = 100;
constexpr int64_t kMaxCopiedBytes = 64 << 20;  // of the texts that anchors and aliases repeat
constexpr std::string_view kStringTag = YAML_STR_TAG;

std::string text_of(const yaml_char_t* text) {
  return text ? reinterpret_cast<const char*>(text) : "";
}

bool is_null_word(std::string_view word) {
  return word.empty() || word == "~" || word == "null" || word == "Null" || word == "NULL";
}

// What libyaml finds in a text, one event at a time.
class Events {
 public:
  Events(std::string_view text, std::string_view path) : text_(text), path_(path) {
    if (!yaml_parser_initialize(&parser_)) throw std::bad_alloc();
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  ~Events() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  const yaml_event_t& now() const { return event_; }
  int line() const { return static_cast<int>(event_.start_mark.line) + 1; }
  std::string where() const { return fmt::format("{}:{}", path_, line()); }

  void next() {
    yaml_event_delete(&event_);
    if (!yaml_parser_parse(&parser_, &event_)) fail();
  }

  // Whether the event is of the type; then it is passed.
  bool take(yaml_event_type_t type) {
    if (event_.type != type) return false;
    next();
    return true;
  }

 private:
  [[noreturn]] void fail() const {
    if (parser_.error == YAML_MEMORY_ERROR) throw std::bad_alloc();
    auto line = static_cast<int64_t>(parser_.problem_mark.line) + 1;
    if (parser_.error == YAML_READER_ERROR) {  // whose place is an offset
      const std::string_view before = text_.substr(0, parser_.problem_offset);
      line = std::count(before.begin(), before.end(), '\n') + 1;
      if (!is_utf8(text_)) {
        throw Error(fmt::format("{}:{}", path_, line), "is not valid UTF-8", "text in UTF-8");
      }
    }
    std::string what = fmt::format("is not valid YAML: {}", parser_.problem);
    if (parser_.context) {
      what += fmt::format(", {} that begins on line {}", parser_.context,
                          parser_.context_mark.line + 1);
    }
    throw Error(fmt::format("{}:{}", path_, line), what);
  }

  std::string_view text_, path_;
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

class Composer {
 public:
  Composer(std::string_view text, std::string_view path, DuplicateKeys duplicates)
      : path_(path),
        duplicates_(duplicates),
        file_(std::make_shared<const std::string>(path)),
        events_(text, path) {}

  Yaml read() {
    events_.next();
    events_.take(YAML_STREAM_START_EVENT);
    if (!events_.take(YAML_DOCUMENT_START_EVENT)) return begin_node();  // nothing but comments
    Yaml root = read_node(0);
    events_.take(YAML_DOCUMENT_END_EVENT);
    if (events_.now().type == YAML_STREAM_END_EVENT) return root;
    throw Error(events_.where(), "begins another document", "one in a file");
  }

 private:
  Yaml begin_node() const { return {.line = events_.line(), .file = file_}; }

  Yaml read_node(int depth) {
    count_node(depth);
    Yaml node = begin_node();
    std::string anchor;
    const auto& data = events_.now().data;
    switch (events_.now().type) {
      case YAML_ALIAS_EVENT:
        return read_alias(depth);
      case YAML_SEQUENCE_START_EVENT:
        anchor = text_of(data.sequence_start.anchor);
        set_tag(data.sequence_start.tag, node);
        node.kind = Yaml::Kind::list;
        events_.next();
        while (!events_.take(YAML_SEQUENCE_END_EVENT)) node.items.push_back(read_node(depth + 1));
        break;
      case YAML_MAPPING_START_EVENT:
        anchor = text_of(data.mapping_start.anchor);
        set_tag(data.mapping_start.tag, node);
        node.kind = Yaml::Kind::map;
        events_.next();
        read_entries(node, depth);
        break;
      default:
        anchor = text_of(data.scalar.anchor);
        read_scalar(node);
    }
    if (!anchor.empty()) keep(anchor, node, depth);
    return node;
  }

  void count_node(int depth) {
    if (++nodes_ <= kMaxNodes && depth <= kMaxDepth) return;
    throw Error(path_, "unfolds to too many nodes or levels",
                fmt::format("at most {} nodes, {} levels", kMaxNodes, kMaxDepth));
  }

  // The copy counts: of anchors within anchors each has all that is below it.
  void keep(const std::string& anchor, const Yaml& node, int depth) {
    count_copy(node, depth);
    anchors_[anchor] = node;
  }

  void count_copy(const Yaml& node, int depth) {
    copied_bytes_ += std::ssize(node.text);
    count_below(node, depth);
    if (copied_bytes_ <= kMaxCopiedBytes) return;
    throw Error(path_, "unfolds to too much text",
                fmt::format("at most {} bytes that are repeated", with_commas(kMaxCopiedBytes)));
  }

  void count_below(const Yaml& node, int depth) {
    for (const Yaml& item : node.items) count_all(item, depth + 1);
    for (const YamlEntry& entry : node.entries) {
      count_all(entry.key, depth + 1);
      count_all(entry.value, depth + 1);
    }
  }

  void count_all(const Yaml& node, int depth) {
    count_node(depth);
    copied_bytes_ += std::ssize(node.text);
    count_below(node, depth);
  }

  Yaml read_alias(int depth) {
    const std::string name = text_of(events_.now().data.alias.anchor);
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      throw Error(events_.where(), fmt::format("*{} stands for no node before it", name));
    }
    count_copy(found->second, depth);  // before it is made
    events_.next();
    return found->second;
  }

  static void set_tag(const yaml_char_t* tag, Yaml& node) {
    const std::string name = text_of(tag);
    if (name.size() > 1 && name.front() == '!') node.tag = name;
  }

  void read_scalar(Yaml& node) {
    const auto& scalar = events_.now().data.scalar;
    const bool plain = scalar.style == YAML_PLAIN_SCALAR_STYLE, tagged = scalar.tag != nullptr;
    node.kind = Yaml::Kind::scalar;
    node.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
    node.quoted = tagged ? text_of(scalar.tag) == kStringTag : !plain;
    set_tag(scalar.tag, node);
    if (plain && !tagged && is_null_word(node.text)) {
      node.kind = Yaml::Kind::null;
      node.text.clear();
    }
    events_.next();
  }

  // What comes through merge keys stands first, as in PyYAML; the map's own entries replace it.
  void read_entries(Yaml& map, int depth) {
    std::set<std::string> own;
    std::vector<YamlEntry> entries;
    YamlPlaces places;
    while (!events_.take(YAML_MAPPING_END_EVENT)) {
      const std::string where = events_.where();
      Yaml key = read_node(depth + 1);
      if (key.kind != Yaml::Kind::scalar) throw Error(where, "a key is not a scalar");
      const bool first = own.insert(key.text).second;
      if (!first && duplicates_ == DuplicateKeys::refused) {
        throw Error(where, fmt::format("the key '{}' is given twice", key.text));
      }
      Yaml value = read_node(depth + 1);
      if (is_merge_key(key)) {
        merge(map, value, places);
      } else {
        entries.push_back({std::move(key), std::move(value)});
      }
    }
    for (YamlEntry& entry : entries) places.set(map, std::move(entry));
  }

  static bool is_merge_key(const Yaml& key) { return key.text == "<<" && !key.quoted; }

  static void merge(Yaml& map, const Yaml& other, YamlPlaces& places) {
    for (const Yaml& list_item : other.items) merge(map, list_item, places);
    for (const YamlEntry& entry : other.entries) {
      if (!places.holds(entry.key.text)) places.set(map, entry);
    }
  }

  std::string path_;
  DuplicateKeys duplicates_;
  std::shared_ptr<const std::string> file_;
  Events events_;
  std::map<std::string, Yaml> anchors_;
  int64_t nodes_ = 0, copied_bytes_ = 0;
};

}  // namespace

Yaml parse_yaml(std::string_view text, std::string_view path, DuplicateKeys duplicates) {
  return Composer(text, path, duplicates).read();
}

Yaml read_yaml(const Path& path, DuplicateKeys duplicates) {
  return parse_yaml(read_file(path), path.string(), duplicates);
}

}  // namespace e2lm
