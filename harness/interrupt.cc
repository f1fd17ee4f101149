#include "harness/interrupt.h"

#include <unistd.h>

#include <csignal>
#include <string_view>

namespace e2lm {
namespace {

volatile std::sig_atomic_t interrupt_seen = 0;

void on_signal(int signal) {
  interrupt_seen = 1;
  std::signal(signal, SIG_DFL);
  constexpr std::string_view kSentence =
      "\ne2lm: stopping after this block of requests; once more stops at once\n";
  // Whether anybody reads it does not matter.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kSentence.data(), kSentence.size());
}

}  // namespace

void catch_interrupts() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (std::signal(signal, on_signal) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
}

bool interrupted() {
  return interrupt_seen != 0;
}

}  // namespace e2lm
