#include "harness/commands/hub_options.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/terminal.h"
#include "harness/interrupt.h"

namespace e2lm {
namespace {

constexpr int64_t kMostJobs = 64;

HttpOptions http_options(bool quiet) {
  HttpOptions options{.stop = interrupted};
  if (quiet) return options;
  options.retry.on_wait = [](const HttpError& failure, int64_t wait_ms) {
    if (wait_ms < 2000) return;
    tell(fmt::format("{}; trying again in {} s\n", failure.what(), wait_ms / 1000));
  };
  return options;
}

FetchOptions fetch_options(const Arguments& arguments, bool quiet) {
  const int64_t jobs = arguments.integer("jobs", 1, kMostJobs).value_or(4);
  return {.jobs = static_cast<int>(jobs), .quiet = quiet, .stop = interrupted};
}

}  // namespace

std::vector<Option> hub_option_rows() {
  return {{"jobs", "N", "4", "files downloaded at once"}};
}

HubConnection::HubConnection(const Arguments& arguments, bool quiet)
    : hub(HubSettings::from_environment(), http_options(quiet)),
      fetcher(hub, fetch_options(arguments, quiet)) {}

std::vector<HubPlace> hub_places(const Manifest& manifest) {
  std::vector<HubPlace> places;
  for (const Series& series : manifest.series) {
    for (const CheckpointRef& ref : series.checkpoints) {
      if (ref.hub) places.push_back(*ref.hub);
    }
  }
  return places;
}

}  // namespace e2lm
