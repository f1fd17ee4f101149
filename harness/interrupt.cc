#include "harness/interrupt.h"

#include <csignal>

namespace e2lm {
namespace {

volatile std::sig_atomic_t interrupt_seen = 0;

void on_signal(int signal) {
  interrupt_seen = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

bool interrupted() {
  return interrupt_seen != 0;
}

}  // namespace e2lm
