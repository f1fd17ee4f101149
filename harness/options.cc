#include "harness/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "harness/config_file.h"

namespace e2lm {
namespace {

namespace po = boost::program_options;

std::string long_name(const Option& option) {
  return std::string(option.name.substr(0, option.name.find(',')));
}

bool may_lack_value(const Option& option) {
  return option.value.starts_with('[');
}

po::options_description describe(const Command& command) {
  po::options_description description;
  for (const Option& option : command.options) {
    const std::string name(option.name), help(option.help);
    if (option.value.empty()) {
      description.add_options()(name.c_str(), help.c_str());
    } else if (may_lack_value(option)) {
      description.add_options()(name.c_str(), po::value<std::string>()->implicit_value(""),
                                help.c_str());
    } else {
      description.add_options()(name.c_str(), po::value<std::string>(), help.c_str());
    }
  }
  description.add_options()("help,h", "show this help");
  return description;
}

// --num_fewshot, --num-fewshot and --num_fewshot=5 are all the option the table calls num_fewshot.
std::string normalised(const Command& command, const std::string& word) {
  if (!word.starts_with("--")) return word;
  const size_t end = word.find('=');
  std::string given = word.substr(2, end == std::string::npos ? end : end - 2);
  std::replace(given.begin(), given.end(), '-', '_');
  for (const Option& option : command.options) {
    std::string known = long_name(option);
    std::replace(known.begin(), known.end(), '-', '_');
    if (known == given) {
      return "--" + long_name(option) + (end == std::string::npos ? "" : word.substr(end));
    }
  }
  return word;
}

// The words as the parser wants them: names as in the table, and values that may be left out joined
// to their option.
std::vector<std::string> normalised(const Command& command, std::span<const std::string> words) {
  std::vector<std::string> normal;
  bool may_be_value = false;  // the next word
  for (const std::string& word : words) {
    if (may_be_value && !word.starts_with('-')) {
      normal.back() += "=" + word;
      may_be_value = false;
      continue;
    }
    normal.push_back(normalised(command, word));
    may_be_value =
        std::any_of(command.options.begin(), command.options.end(), [&](const Option& option) {
          return may_lack_value(option) && normal.back() == "--" + long_name(option);
        });
  }
  return normal;
}

[[noreturn]] void unknown_option(const Command& command, const std::string& word) {
  std::vector<std::string> known = {"--help"};
  for (const Option& option : command.options) known.push_back("--" + long_name(option));
  const std::string near = nearest(word, known);
  throw Error(command.name, fmt::format("unknown option {}", word),
              near.empty() ? fmt::format("one that `e2lm {} --help` shows", command.name) : near);
}

// A whole number, or a plain size with a unit.
std::optional<double> scaled_number(std::string_view text) {
  double scale = 1;
  if (!text.empty()) {
    const size_t unit = std::string_view("KMGT").find(text.back());
    if (unit != std::string_view::npos) {
      scale = std::pow(1024.0, static_cast<double>(unit + 1));
      text.remove_suffix(1);
    }
  }
  const std::string digits(text);
  char* end = nullptr;
  const double value = std::strtod(digits.c_str(), &end);
  if (digits.empty() || *end != '\0' || !std::isfinite(value)) return {};
  return value * scale;
}

}  // namespace

bool Arguments::flag(std::string_view name) const {
  return text(name).has_value();
}

bool Arguments::given(std::string_view name) const {
  return std::any_of(values_.begin(), values_.end(),
                     [&](const Value& value) { return value.name == name && !value.is_default; });
}

void Arguments::check_companion(std::string_view option, std::string_view companion) const {
  if (!given(option) || flag(companion)) return;
  throw Error(fmt::format("--{}", option), fmt::format("needs --{}", companion));
}

std::optional<std::string> Arguments::text(std::string_view name) const {
  const auto last = std::find_if(values_.rbegin(), values_.rend(),
                                 [&](const Value& value) { return value.name == name; });
  return last == values_.rend() ? std::nullopt : std::optional(last->text);
}

std::vector<std::string> Arguments::texts(std::string_view name) const {
  std::vector<std::string> all;
  for (const Value& value : values_) {
    if (value.name == name) all.push_back(value.text);
  }
  return all;
}

std::string Arguments::require(std::string_view name) const {
  if (auto value = text(name)) return *value;
  throw Error(fmt::format("--{}", name), "is missing");
}

std::vector<std::string> Arguments::words(
    const std::vector<Option>& options,
    const std::function<bool(std::string_view)>& left_out) const {
  std::vector<std::string> words = positional_;
  for (const Value& value : values_) {
    if (value.is_default || left_out(value.name)) continue;
    const bool is_switch = std::any_of(options.begin(), options.end(), [&](const Option& option) {
      return long_name(option) == value.name &&
             (option.value.empty() || (may_lack_value(option) && value.text.empty()));
    });
    words.push_back("--" + value.name + (is_switch ? "" : "=" + value.text));
  }
  return words;
}

std::optional<double> Arguments::number(std::string_view name) const {
  const auto given = text(name);
  if (!given) return {};
  char* end = nullptr;
  const double value = std::strtod(given->c_str(), &end);
  if (given->empty() || *end != '\0' || !std::isfinite(value)) {
    throw Error(fmt::format("--{}", name), fmt::format("'{}' is no number", *given));
  }
  return value;
}

std::optional<int64_t> Arguments::integer(std::string_view name, int64_t least,
                                          int64_t most) const {
  const auto value = number(name);
  if (!value) return {};
  std::string wrong;
  if (*value != std::floor(*value)) {
    wrong = "is no whole number";
  } else if (*value < static_cast<double>(least)) {
    wrong = fmt::format("is below {}", least);
  } else if (*value > static_cast<double>(most)) {
    wrong = fmt::format("is above {}", most);
  } else {
    return static_cast<int64_t>(*value);
  }
  throw Error(fmt::format("--{}", name), fmt::format("'{}' {}", *text(name), wrong),
              most == kMostInteger && *value <= static_cast<double>(most)
                  ? fmt::format("a whole number from {} up", least)
                  : fmt::format("a whole number from {} to {}", least, most));
}

std::optional<int64_t> Arguments::bytes(std::string_view name) const {
  const auto given = text(name);
  if (!given) return {};
  const auto value = scaled_number(*given);
  if (!value || *value < 1 || *value > 1e18) {
    throw Error(fmt::format("--{}", name), fmt::format("'{}' is no size", *given),
                "a number of bytes, or one with K, M, G or T");
  }
  return static_cast<int64_t>(*value);
}

Arguments Command::parse_words(std::span<const std::string> words) const {
  const std::vector<std::string> normal = normalised(*this, words);
  Arguments given;
  try {
    using Style = po::command_line_style::style_t;
    const po::options_description description = describe(*this);
    const auto parsed =
        po::command_line_parser(normal)
            .options(description)
            .style(po::command_line_style::unix_style & ~static_cast<int>(Style::allow_guessing))
            .run();
    for (const auto& option : parsed.options) {
      if (option.position_key >= 0) {
        given.positional_.insert(given.positional_.end(), option.value.begin(), option.value.end());
      } else {
        const std::string value = option.value.empty() ? "" : option.value.front();
        given.values_.push_back({option.string_key, value});
      }
    }
  } catch (const po::unknown_option& error) {
    unknown_option(*this, error.get_option_name());
  } catch (const po::error& error) {
    throw Error(name, error.what());
  }
  return given;
}

Arguments Command::parse(std::span<const std::string> words) const {
  Arguments given = parse_words(words);
  if (given.flag("help")) return given;
  if (const auto config = given.text("config")) {
    const Arguments from_file = parse_words(config_words(*config));
    given.values_.insert(given.values_.begin(), from_file.values_.begin(), from_file.values_.end());
  }
  for (const Option& option : options) {
    if (option.fallback.empty() || given.flag(long_name(option))) continue;
    given.values_.push_back({long_name(option), std::string(option.fallback), true});
  }
  const auto count = std::ssize(given.positional_);
  if (count < min_positional || count > max_positional) {
    throw Error(name, fmt::format("{} arguments given", count),
                fmt::format("e2lm {} {}", name, arguments));
  }
  return given;
}

std::string Command::help() const {
  std::string text = fmt::format("usage: e2lm {} {}{}[options]\n\n{}\n", name, arguments,
                                 arguments.empty() ? "" : " ", summary);
  if (!details.empty()) text += fmt::format("\n{}\n", details);
  text += "\noptions:\n";
  const auto row = [&text](std::string left, std::string_view help) {
    if (left.size() >= 26) left += "\n" + std::string(28, ' ');
    text += fmt::format("  {:<26}{}\n", left, help);
  };
  for (const Option& option : options) {
    const size_t comma = option.name.find(',');
    std::string left = comma == std::string_view::npos
                           ? "    "
                           : fmt::format("-{}, ", option.name.substr(comma + 1));
    left += "--" + long_name(option);
    if (!option.value.empty()) left += fmt::format(" {}", option.value);
    const std::string fallback =
        option.fallback.empty() ? "" : fmt::format(" (default {})", option.fallback);
    row(left, std::string(option.help) + fallback);
  }
  row("-h, --help", "show this help");
  return text;
}

}  // namespace e2lm
