#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <new>
#include <system_error>

#include "base/error.h"
#include "base/terminal.h"
#include "base/text.h"
#include "base/version.h"
#include "harness/commands/all.h"
#include "harness/interrupt.h"
#include "harness/interrupted.h"

namespace e2lm {

const std::vector<Command>& commands() {
  static const std::vector<Command> kAll = {
      sweep_command(),    run_command(),       fetch_command(),   import_command(),
      score_command(),    report_command(),    compare_command(), items_command(),
      logprobs_command(), tokenize_command(),  rescore_command(), prompts_command(),
      merge_command(),    dump_command(),      export_command(),  ls_command(),
      validate_command(), submission_command()};
  return kAll;
}

namespace {

constexpr int kUsage = 2;
constexpr int kInterrupted = 130;

std::string help() {
  std::string text = fmt::format(
      "e2lm {}: what are your checkpoints worth, and which benchmarks say so early?\n\n"
      "usage: e2lm COMMAND [options]\n\n",
      kVersion);
  for (const Command& command : commands()) {
    text += fmt::format("  {:<10} {}\n", command.name, command.summary);
  }
  return text +
         "\n`e2lm COMMAND --help` shows a command's options.\n"
         "Exit codes: 0 done, 1 some cells failed, 2 wrong use or bad input, 130 "
         "interrupted.\n";
}

const Command& find_command(const std::string& name) {
  std::vector<std::string> known;
  for (const Command& command : commands()) {
    if (command.name == name) return command;
    known.emplace_back(command.name);
  }
  const std::string near = nearest(name, known);
  throw Error("", fmt::format("'{}' is no command", name),
              near.empty() ? "one that `e2lm --help` shows" : near);
}

int run(const std::vector<std::string>& words) {
  if (words.size() > 1 && words[0] == "help") {
    std::fputs(find_command(words[1]).help().c_str(), stdout);
    return 0;
  }
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    std::fputs(help().c_str(), words.empty() ? stderr : stdout);
    return words.empty() ? kUsage : 0;
  }
  if (words[0] == "--version") {
    std::puts(fmt::format("e2lm {}", kVersion).c_str());
    return 0;
  }
  const Command& command = find_command(words[0]);
  const Arguments arguments = command.parse(std::span(words).subspan(1));
  if (arguments.flag("help")) {
    std::fputs(command.help().c_str(), stdout);
    return 0;
  }
  if (command.ends_when_interrupted) catch_interrupts();
  return command.run(arguments);
}

// A closed standard stream leaves its number to the next file or connection that is opened, and
// messages would go into that. What holds the place can be neither read nor written, so that
// whoever uses the stream is told as before.
void hold_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) < 0) ::open("/", O_PATH);  // the lowest number that is free
  }
}

int guarded_run(const std::vector<std::string>& words) {
  try {
    return run(words);
  } catch (const Error& error) {
    tell(fmt::format("e2lm: {}\n", error.what()));
    return kUsage;
  } catch (const Interrupted&) {
    std::fputs("e2lm: interrupted; what was computed is kept\n", stderr);
    return kInterrupted;
  } catch (const std::bad_alloc&) {
    std::fputs("e2lm: out of memory (expected more free memory, or a smaller --memory)\n", stderr);
    return kUsage;
  } catch (const std::system_error& error) {
    tell(fmt::format("e2lm: the system refuses: {}\n", error.what()));
    return kUsage;
  } catch (const std::exception& error) {  // of a library: ours say more
    tell(fmt::format("e2lm: a library failed: {}\n", error.what()));
    return kUsage;
  }
}

}  // namespace
}  // namespace e2lm

int main(int argc, char** argv) {
  // A file as large as files may be is then an error as a full disk is, with its name.
  std::signal(SIGXFSZ, SIG_IGN);
  e2lm::hold_closed_streams();
  return e2lm::guarded_run(std::vector<std::string>(argv + 1, argv + argc));
}
