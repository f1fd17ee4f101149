// Preloaded into the program (LD_PRELOAD), makes the clock of the wall run backwards: three seconds
// for each that passes, and an hour more at once every half second. The clock that counts from the
// start of the machine stays as it is, as in life.

#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

#include <cstdint>

namespace {

constexpr int64_t kSecond = 1'000'000'000, kHour = 3600 * kSecond;

using ClockFunction = int(clockid_t, timespec*);

ClockFunction* real_clock() {
  static auto* const kReal = reinterpret_cast<ClockFunction*>(dlsym(RTLD_NEXT, "clock_gettime"));
  return kReal;
}

int64_t read(clockid_t clock) {
  timespec time = {};
  real_clock()(clock, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

int64_t shifted() {
  static const int64_t kWall = read(CLOCK_REALTIME), kStart = read(CLOCK_MONOTONIC);
  const int64_t passed = read(CLOCK_MONOTONIC) - kStart;
  return kWall - 3 * passed - passed / (kSecond / 2) * kHour;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) return real_clock()(clock, time);
  const int64_t now = shifted();
  *time = {.tv_sec = now / kSecond, .tv_nsec = now % kSecond};
  return 0;
}

int gettimeofday(timeval* time, void*) noexcept {
  const int64_t now = shifted();
  *time = {.tv_sec = now / kSecond, .tv_usec = now % kSecond / 1000};
  return 0;
}

time_t time(time_t* out) noexcept {
  const time_t now = shifted() / kSecond;
  if (out) *out = now;
  return now;
}

}  // extern "C"
