#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/random.h"
#include "harness/http/message.h"

namespace e2lm {

// How often and how long after a failure something is tried again.
struct RetryOptions {
  int tries = 6;                    // in all; 1: never again
  int64_t first_wait_ms = 500;      // doubled each time, and between half and one and a half of it
  int64_t longest_wait_ms = 30000;  // of our own choice
  // A server may ask for more (Retry-After, or RateLimit's reset); beyond this the failure stands.
  int64_t longest_asked_wait_ms = 330'000;
  int64_t seed = 0;  // of the jitter; 0: another one each time
  // How to wait; none: by the clock. Returns early, or throws, when the program is to stop.
  std::function<void(int64_t ms)> sleep;
  // Told of each wait: what failed and how long it takes until the next try.
  std::function<void(const HttpError& failure, int64_t wait_ms)> on_wait;
};

// The milliseconds an answer asks to wait before the next request, by Retry-After (seconds or a
// date) or RateLimit (t=SECONDS); none if it does not say.
std::optional<int64_t> asked_wait_ms(const HttpResponse& response);

// Counts the failures of one piece of work and waits between its tries.
class Backoff {
 public:
  // `stop` is asked while waiting; true ends the wait with Interrupted.
  Backoff(const RetryOptions& options, std::function<bool()> stop);

  // Waits for the next try. Throws `failure` again if another try cannot help or there is none
  // left.
  void wait_after(const HttpError& failure);

  // There was progress: the tries count anew.
  void reset() { failures_ = 0; }

 private:
  void sleep(int64_t ms) const;

  const RetryOptions& options_;
  std::function<bool()> stop_;
  Random random_;
  int failures_ = 0;
};

}  // namespace e2lm
