#include "harness/http/backoff.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <random>
#include <thread>
#include <utility>

#include "harness/interrupted.h"

namespace e2lm {
namespace {

constexpr int64_t kSliceMs = 50;  // how soon a wait notices that it is to stop

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 10 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

int64_t seed_of(const RetryOptions& options) {
  return options.seed != 0 ? options.seed : std::random_device()();
}

// The server's own time where it says it: its dates and our clock need not agree.
time_t time_of(const HttpResponse& response) {
  const std::string date = response.header("date");
  const time_t time = date.empty() ? -1 : curl_getdate(date.c_str(), nullptr);
  return time >= 0 ? time : std::time(nullptr);
}

}  // namespace

std::optional<int64_t> asked_wait_ms(const HttpResponse& response) {
  const std::string after = response.header("retry-after");
  if (is_number(after)) return std::stoll(after) * 1000;
  if (!after.empty()) {
    const time_t date = curl_getdate(after.c_str(), nullptr);
    if (date >= 0) return std::max<int64_t>(0, date - time_of(response)) * 1000;
  }
  const std::string limit = response.header("ratelimit");  // "api";r=0;t=55
  const size_t at = limit.rfind("t=");
  if (response.status != 429 || at == std::string::npos) return {};
  const size_t end = limit.find_first_not_of("0123456789", at + 2);
  const std::string seconds = limit.substr(at + 2, end == std::string::npos ? end : end - at - 2);
  if (!is_number(seconds)) return {};
  return std::stoll(seconds) * 1000;
}

Backoff::Backoff(const RetryOptions& options, std::function<bool()> stop)
    : options_(options), stop_(std::move(stop)), random_(seed_of(options)) {}

void Backoff::wait_after(const HttpError& failure) {
  ++failures_;
  if (!failure.may_pass()) throw HttpError(failure);
  if (failures_ >= options_.tries) {
    if (options_.tries <= 1) throw HttpError(failure);
    throw HttpError(failure.kind, failure.what(), fmt::format("given up after {} tries", failures_),
                    failure.response);
  }
  const double doubled =
      static_cast<double>(options_.first_wait_ms) * std::pow(2.0, std::min(failures_ - 1, 40));
  const double own = std::min(doubled, static_cast<double>(options_.longest_wait_ms));
  auto wait = static_cast<int64_t>(own * (0.5 + random_.uniform()));
  if (const auto asked = asked_wait_ms(failure.response)) {
    if (*asked > options_.longest_asked_wait_ms) {
      throw HttpError(failure.kind, failure.what(),
                      fmt::format("the server asks to wait {} s", *asked / 1000), failure.response,
                      "to be asked again later");
    }
    wait = std::max(wait, *asked);
  }
  if (options_.on_wait) options_.on_wait(failure, wait);
  sleep(wait);
}

void Backoff::sleep(int64_t ms) const {
  if (options_.sleep) return options_.sleep(ms);
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::milliseconds(ms);
  while (Clock::now() < end) {
    if (stop_ && stop_()) throw Interrupted();
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(kSliceMs, ms)));
  }
}

}  // namespace e2lm
