#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/file.h"
#include "tests/support/places.h"

namespace e2lm {

// How to start the built program.
struct ProgramCall {
  std::vector<std::string> arguments;
  Path folder = {};                                     // current folder; default: the test's own
  std::map<std::string, std::string> environment = {};  // on top of the test's
  std::string input = {};                               // its standard input
  std::string standard_output = {};                     // a file to send it to instead of capturing
  int64_t file_size_limit = 0;                          // bytes a file may have, as on a full disk
  bool output_unread = false;               // nobody reads its standard output: the pipe is closed
  std::function<void()> before_start = {};  // in the new process
};

struct ProgramResult {
  int exit_code = -1;  // -signal if a signal ended it
  std::string output;
  std::string errors;
};

// A running e2lm. Output is collected until it ends.
class Program {
 public:
  explicit Program(const ProgramCall& call) {
    int in[2], out[2], err[2];
    if (::pipe(in) || ::pipe(out) || ::pipe(err)) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) child(call, in, out, err);
    ::close(in[0]);
    ::close(out[1]);
    ::close(err[1]);
    out_ = call.output_unread ? -1 : out[0];
    if (call.output_unread) ::close(out[0]);
    err_ = err[0];
    // Inputs of tests are smaller than a pipe's buffer.
    if (::write(in[1], call.input.data(), call.input.size()) < 0) std::abort();
    ::close(in[1]);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      wait();
    }
  }

  void signal(int number) const { ::kill(pid_, number); }

  ProgramResult wait() {
    ProgramResult result;
    read_all(result);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return result;
  }

 private:
  [[noreturn]] static void child(const ProgramCall& call, const int* in, const int* out,
                                 const int* err) {
    ::dup2(in[0], STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err[1], STDERR_FILENO);
    for (const int fd : {in[0], in[1], out[0], out[1], err[0], err[1]}) ::close(fd);
    if (!call.folder.empty() && ::chdir(call.folder.c_str()) != 0) ::_exit(127);
    if (!call.standard_output.empty()) {
      const int file = ::open(call.standard_output.c_str(), O_WRONLY);
      ::dup2(file, STDOUT_FILENO);
    }
    if (call.file_size_limit > 0) limit_files(call.file_size_limit);
    if (call.before_start) call.before_start();
    for (const auto& [name, value] : call.environment) ::setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> argv = {const_cast<char*>(program_path().c_str())};
    for (const std::string& word : call.arguments) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    ::execv(program_path().c_str(), argv.data());
    ::_exit(127);
  }

  static void limit_files(int64_t bytes) {
    const rlimit limit = {static_cast<rlim_t>(bytes), static_cast<rlim_t>(bytes)};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }

  void read_all(ProgramResult& result) {
    pollfd fds[] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};
    std::string* texts[] = {&result.output, &result.errors};
    for (int open = out_ < 0 ? 1 : 2; open > 0;) {
      ::poll(fds, 2, -1);
      for (int i = 0; i < 2; ++i) {
        if (fds[i].fd < 0 || fds[i].revents == 0) continue;
        char buffer[4096];
        const ssize_t count = ::read(fds[i].fd, buffer, sizeof buffer);
        if (count > 0) {
          texts[i]->append(buffer, count);
        } else {
          ::close(fds[i].fd);
          fds[i].fd = -1;
          --open;
        }
      }
    }
  }

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
};

inline ProgramResult run_program(const ProgramCall& call) {
  return Program(call).wait();
}

}  // namespace e2lm
