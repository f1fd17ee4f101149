#include "base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/terminal.h"
#include "base/text.h"

namespace e2lm {
namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr auto kLogLine = std::chrono::seconds(10);
constexpr int kBarWidth = 24;

}  // namespace

Progress::Progress(std::string unit, int64_t total, bool quiet)
    : unit_(std::move(unit)), total_(total), quiet_(quiet), terminal_(::isatty(STDERR_FILENO)) {}

Progress::~Progress() {
  if (drawn_) {
    show(true);
    std::fputc('\n', stderr);
  }
}

void Progress::at(std::string_view what) {
  what_ = what;
  show(false);
}

void Progress::advance(int64_t units) {
  done_ += units;
  show(false);
}

void Progress::print(std::string_view line) {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
  tell(fmt::format("{}\n", line));
}

void Progress::note(std::string_view line) {
  if (!quiet_) print(line);
}

void Progress::show(bool force) {
  const auto now = Clock::now();
  if (quiet_ || (!force && now - shown_ < (terminal_ ? Clock::duration(kRedraw) : kLogLine)))
    return;
  shown_ = now;
  if (terminal_) {
    std::fputs(("\r\x1b[K" + status()).c_str(), stderr);
    drawn_ = true;
  } else {
    std::fputs((status() + "\n").c_str(), stderr);
  }
  std::fflush(stderr);
}

std::string Progress::status() const {
  const double share = total_ > 0 ? static_cast<double>(done_) / static_cast<double>(total_) : 1.0;
  const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  const int filled = std::clamp(static_cast<int>(share * kBarWidth), 0, kBarWidth);
  std::string text = terminal_ ? fmt::format("[{:=>{}}{:>{}}] ", "", filled, "", kBarWidth - filled)
                               : std::string();
  text += fmt::format("{:3.0f} %  {} of {} {}", 100 * share, with_commas(done_),
                      with_commas(total_), unit_);
  if (done_ > 0 && seconds > 0.5) {
    const double rate = static_cast<double>(done_) / seconds;
    text += fmt::format("  {}/s  {} left", with_commas(static_cast<int64_t>(rate)),
                        format_seconds(static_cast<double>(total_ - done_) / rate));
  }
  return what_.empty() ? text : text + "  " + for_terminal(what_);
}

std::string format_seconds(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(seconds);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace e2lm
