#include "harness/config_file.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/yaml.h"

namespace e2lm {
namespace {

std::string plain_text(const Yaml& node, const std::string& key) {
  if (node.kind == Yaml::Kind::scalar) return node.text;
  throw Error(node.where(), fmt::format("'{}' holds no plain value", key),
              "a word, a number, a list or a mapping of these");
}

std::string joined(const Yaml& node, const std::string& key) {
  std::vector<std::string> parts;
  for (const Yaml& item : node.items) parts.push_back(plain_text(item, key));
  for (const YamlEntry& entry : node.entries) {
    parts.push_back(entry.key.text + "=" + plain_text(entry.value, key));
  }
  return fmt::format("{}", fmt::join(parts, ","));
}

}  // namespace

std::vector<std::string> config_words(const Path& path) {
  const Yaml file = read_yaml(path);
  if (file.kind != Yaml::Kind::map) throw Error(path.string(), "holds no mapping of flags");
  std::vector<std::string> words;
  for (const auto& [name, value] : file.entries) {
    const std::string& key = name.text;
    const Json json = value.json();
    if (json.is_null() || json == false) continue;
    if (json == true) {
      words.push_back("--" + key);
    } else if (key == "samples" || key == "metadata") {
      words.push_back(fmt::format("--{}={}", key, json.is_string() ? value.text : json.dump()));
    } else {
      const bool plain = value.kind == Yaml::Kind::scalar;
      const std::string text = plain ? value.text : joined(value, key);
      if (!text.empty()) words.push_back(fmt::format("--{}={}", key, text));
    }
  }
  return words;
}

}  // namespace e2lm
