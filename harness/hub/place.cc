#include "harness/hub/place.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace e2lm {

std::string HubPlace::name() const {
  return fmt::format("{}@{}{}{}", repo, revision, subfolder.empty() ? "" : "/", subfolder);
}

bool is_repo_name(std::string_view text) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/";
  const bool allowed = text.find_first_not_of(kAllowed) == std::string_view::npos;
  const auto slashes = std::count(text.begin(), text.end(), '/');
  // "--" stands for the slash in the cache's folders.
  const bool plain =
      text.find("--") == std::string_view::npos && text.find("..") == std::string_view::npos;
  return allowed && plain && slashes <= 1 && is_inside_path(text);
}

bool is_inside_path(std::string_view path) {
  if (path.find('\\') != std::string_view::npos || path.find('\0') != std::string_view::npos) {
    return false;
  }
  const std::vector<std::string> parts = split(path, '/');
  return std::none_of(parts.begin(), parts.end(), [](const std::string& part) {
    return part.empty() || part == "." || part == "..";
  });
}

HubPattern::Part HubPattern::read_part(YamlMap& keys, const char* key, Problems& problems) {
  const Yaml* value = keys.find(key);
  if (!value) return {};
  Part part{value->text, StepPattern::parse(value->text)};
  if (!part.step && part.text.find('{') != std::string::npos) {
    problems.add(*value,
                 fmt::format("'{}' must hold {{step}} or, with leading zeros, {{step:07}}, if it "
                             "holds braces",
                             keys.path(key)));
  }
  while (part.text.ends_with('/')) part.text.pop_back();
  if (!is_inside_path(part.fill(0))) {
    problems.add(*value, fmt::format("'{}' is '{}', which is no name within a repository",
                                     keys.path(key), value->text));
  }
  return part;
}

std::optional<HubPattern> HubPattern::read(YamlMap& keys, Problems& problems) {
  const Yaml* hub = keys.find("hub");
  HubPattern pattern;
  pattern.revision_ = read_part(keys, "revision", problems);
  pattern.subfolder_ = read_part(keys, "subfolder", problems);
  if (!hub) return {};
  if (!is_repo_name(hub->text)) {
    problems.add(*hub, fmt::format("'{}' is '{}'; it must be a repository's name, as ORG/NAME",
                                   keys.path("hub"), hub->text));
    return {};
  }
  pattern.repo_ = hub->text;
  return pattern;
}

HubPlace HubPattern::fill(int64_t step) const {
  HubPlace place{.repo = repo_, .subfolder = subfolder_.fill(step)};
  if (std::string revision = revision_.fill(step); !revision.empty()) {
    place.revision = std::move(revision);
  }
  return place;
}

}  // namespace e2lm
