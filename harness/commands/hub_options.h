#pragma once

#include <vector>

#include "harness/hub/fetch.h"
#include "harness/manifest/manifest.h"
#include "harness/options.h"

namespace e2lm {

// --jobs
std::vector<Option> hub_option_rows();

// The hub of the environment, as a command uses it: stopped by an interrupt, quiet if asked to be.
struct HubConnection {
  HubConnection(const Arguments& arguments, bool quiet);

  Hub hub;
  Fetcher fetcher;
};

// The checkpoints of a manifest that are on the hub.
std::vector<HubPlace> hub_places(const Manifest& manifest);

}  // namespace e2lm
