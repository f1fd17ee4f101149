#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace e2lm {

// One option of a command: parsing, default and help come from this row.
struct Option {
  std::string_view name;  // "output", or with a short form "output,o"
  // What its value stands for, in capitals; empty for a switch; "[DIR]" if it may be left out, and
  // then it is the next word unless that is an option.
  std::string_view value;
  std::string_view fallback;  // the default as the user would write it; empty: none
  std::string_view help;
};

// The largest that an option may be: a double, as which it is read, has all up to it.
inline constexpr int64_t kMostInteger = 9'000'000'000'000'000;

// What the user gave. Names are those of the Option rows, without the short form.
class Arguments {
 public:
  bool flag(std::string_view name) const;
  std::optional<std::string> text(std::string_view name) const;  // the last one given, or default
  std::vector<std::string> texts(std::string_view name) const;   // of an option given repeatedly
  std::string require(std::string_view name) const;              // throws Error if neither
  bool given(std::string_view name) const;                       // by the user, not by default
  std::optional<double> number(std::string_view name) const;     // throws Error if it is none
  // Throws Error if `option` was given without `companion`, without which it means nothing.
  void check_companion(std::string_view option, std::string_view companion) const;
  // Throws Error that says the range if it is no whole number within it.
  std::optional<int64_t> integer(std::string_view name, int64_t least = 0,
                                 int64_t most = kMostInteger) const;
  std::optional<int64_t> bytes(std::string_view name) const;  // 1500, 512M, 8G
  const std::vector<std::string>& positional() const { return positional_; }

  // What would give the same again, with values joined (--name=value), but for defaults and the
  // options that `left_out` says. `options` are those of the command.
  std::vector<std::string> words(const std::vector<Option>& options,
                                 const std::function<bool(std::string_view)>& left_out) const;

 private:
  friend struct Command;
  struct Value {
    std::string name;
    std::string text;
    bool is_default = false;
  };
  std::vector<Value> values_;
  std::vector<std::string> positional_;
};

// Of arguments without an upper limit.
inline constexpr int64_t kAnyNumber = 1'000'000;

// A subcommand of the program.
struct Command {
  std::string_view name;
  std::string_view arguments;  // "[checkpoints.yaml]", for the usage line
  std::string_view summary;    // one line
  std::string_view details;    // a paragraph, may be empty
  std::vector<Option> options;
  int64_t min_positional = 0;
  int64_t max_positional = 0;
  int (*run)(const Arguments& arguments) = nullptr;  // returns the exit code
  // It looks at interrupted() and ends by itself; others end with the signal.
  bool ends_when_interrupted = false;

  // Words after the command's name. Underscores and hyphens in option names are the same. Throws
  // Error on an unknown option, naming the nearest, or a missing or surplus argument.
  // A command with an option "config" reads more of them from the YAML file it names, see
  // config_file.h; those among the words win.
  Arguments parse(std::span<const std::string> words) const;
  std::string help() const;

 private:
  Arguments parse_words(std::span<const std::string> words) const;
};

// The commands, in the order help shows them.
const std::vector<Command>& commands();

}  // namespace e2lm
