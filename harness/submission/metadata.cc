#include "harness/submission/metadata.h"

#include <fmt/format.h>

#include <array>
#include <cctype>

#include "base/error.h"
#include "base/text.h"
#include "base/yaml.h"
#include "harness/submission/safe_path.h"

namespace e2lm::submission {
namespace {

constexpr std::string_view kHidden = "(hidden)";

void replace_all(std::string& text, std::string_view what) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += kHidden.size()) {
    text.replace(at, what.size(), kHidden);
  }
}

void hide_hub_tokens(std::string& text) {
  constexpr std::string_view kStart = "hf_";
  constexpr size_t kLeast = 10;
  for (size_t at = 0; (at = text.find(kStart, at)) != std::string::npos;) {
    size_t end = at + kStart.size();
    while (end < text.size() && std::isalnum(static_cast<unsigned char>(text[end]))) ++end;
    const bool is_token = end - at - kStart.size() >= kLeast;
    if (is_token) text.replace(at, end - at, kHidden);
    at = is_token ? at + kHidden.size() : end;
  }
}

// What people write who have no token, as none, test or your_token: taken out of the files it would
// leave holes in the questions. Tokens are longer than such words, or hold digits.
bool is_word(std::string_view token) {
  constexpr size_t kLeast = 8;
  const bool has_digit = token.find_first_of("0123456789") != std::string_view::npos;
  return token.size() < kLeast || (!has_digit && !token.starts_with("hf_"));
}

// A key's plain value; records a problem that does not repeat it.
std::string text_of(const Yaml& root, std::string_view key, bool required, Problems& problems) {
  const Yaml* value = root.find(key);
  if (!value || value->kind == Yaml::Kind::null) {
    if (required) problems.add(root.line, fmt::format("the key '{}' is missing", key));
    return {};
  }
  if (value->kind != Yaml::Kind::scalar) {
    problems.add(value->line, fmt::format("'{}' must be text", key));
    return {};
  }
  if (required && trim(value->text).empty()) {
    problems.add(value->line, fmt::format("'{}' is empty", key));
  }
  return std::string(trim(value->text));
}

Metadata read(std::string_view text, std::string_view where) {
  const Yaml root = parse_yaml(text, where);
  if (root.kind != Yaml::Kind::map) {
    throw Error(where, "is no mapping", "the keys task_name, task_metric and hf_token");
  }
  Problems problems{std::string(where)};
  Metadata metadata;
  metadata.token = Secret(text_of(root, "hf_token", false, problems));
  metadata.task = text_of(root, "task_name", true, problems);
  const std::string metric = text_of(root, "task_metric", true, problems);
  metadata.metric = metric.substr(0, metric.find(','));
  if (metric.find(',') != std::string::npos) {
    metadata.filter = metric.substr(metric.find(',') + 1);
    if (metadata.metric.empty() || metadata.filter.empty()) {
      problems.add(root.find("task_metric")->line, "'task_metric' must be METRIC or METRIC,FILTER");
    }
  }
  for (const auto& [key, value] : root.entries) {
    constexpr std::array<std::string_view, 3> kKnown = {"task_name", "task_metric", "hf_token"};
    if (std::find(kKnown.begin(), kKnown.end(), key.text) != kKnown.end()) continue;
    metadata.unknown_keys.push_back(metadata.token.redact(printable(key.text, 60)));
  }
  problems.raise();
  return metadata;
}

}  // namespace

std::string Secret::remove_from(std::string text) const {
  if (!is_word(text_)) replace_all(text, text_);
  return text;
}

std::string Secret::redact(std::string text) const {
  text = remove_from(std::move(text));
  hide_hub_tokens(text);
  return text;
}

Metadata read_metadata(std::string_view text, std::string_view where) {
  try {
    return read(text, where);
  } catch (const Error& error) {  // also of a file that cannot be parsed, token and all
    throw Error("", Secret().redact(error.what()));
  }
}

}  // namespace e2lm::submission
