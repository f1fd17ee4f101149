#include "harness/manifest/token_rules.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "base/error.h"

namespace e2lm {
namespace {

template <typename Rule>
struct Named {
  Rule rule;
  const char* name;
};

constexpr std::array<Named<SpecialTokens>, 3> kSpecial = {{{SpecialTokens::omit, "omit"},
                                                           {SpecialTokens::add, "add"},
                                                           {SpecialTokens::add_once, "add-once"}}};
constexpr std::array<Named<Joining>, 2> kJoining = {
    {{Joining::joint, "joint"}, {Joining::separate, "separate"}}};
constexpr std::array<Named<TokenRules::TooLong>, 2> kTooLong = {
    {{TokenRules::TooLong::error, "error"}, {TokenRules::TooLong::cut, "cut"}}};

template <typename Rules>
auto rule_named(const Rules& rules, const std::string& name, const std::string& where) {
  std::vector<std::string> names;
  for (const auto& known : rules) {
    if (name == known.name) return known.rule;
    names.emplace_back(known.name);
  }
  throw Error(where, fmt::format("'{}' is unknown", name),
              fmt::format("{}", fmt::join(names, ", ")));
}

template <typename Rules, typename Rule>
std::string name_of(const Rules& rules, Rule rule) {
  for (const auto& known : rules) {
    if (rule == known.rule) return known.name;
  }
  return "";
}

}  // namespace

Json TokenRules::json() const {
  return {{"special_tokens", name_of(kSpecial, special)},
          {"joining", name_of(kJoining, joining)},
          {"too_long", name_of(kTooLong, too_long)}};
}

std::string TokenRules::describe() const {
  std::vector<std::string> parts;
  if (special != SpecialTokens::omit)
    parts.push_back("special tokens " + name_of(kSpecial, special));
  if (joining != Joining::joint) parts.emplace_back("contexts and continuations tokenized apart");
  if (too_long != TooLong::error) parts.emplace_back("too long requests cut");
  return fmt::format("{}", fmt::join(parts, ", "));
}

SpecialTokens special_tokens_named(const std::string& name, const std::string& where) {
  return rule_named(kSpecial, name, where);
}
Joining joining_named(const std::string& name, const std::string& where) {
  return rule_named(kJoining, name, where);
}
TokenRules::TooLong too_long_named(const std::string& name, const std::string& where) {
  return rule_named(kTooLong, name, where);
}

}  // namespace e2lm
