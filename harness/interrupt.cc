#include "harness/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string_view>

namespace e2lm {
namespace {

std::atomic<bool> interrupt_seen = false;  // read by every thread
static_assert(std::atomic<bool>::is_always_lock_free, "a signal's handler may set it");

void on_signal(int signal) {
  const int interrupted_code = errno;  // whoever was interrupted may be about to read it
  interrupt_seen = true;
  std::signal(signal, SIG_DFL);
  constexpr std::string_view kSentence =
      "\ne2lm: stopping after this block of requests; once more stops at once\n";
  // Whether anybody reads it does not matter.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kSentence.data(), kSentence.size());
  errno = interrupted_code;
}

}  // namespace

void catch_interrupts() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (std::signal(signal, on_signal) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
}

bool interrupted() {
  return interrupt_seen;
}

}  // namespace e2lm
