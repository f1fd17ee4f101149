#pragma once

#include <string>

#include "base/file.h"
#include "base/yaml.h"
#include "harness/manifest/manifest.h"

namespace e2lm {

// What the entries of a manifest's `series` have from around them.
struct SeriesDefaults {
  Path folder;                // that relative paths count from
  Path tokenizer;             // of series without one of their own
  bool may_be_empty = false;  // that a scan finds nothing is right
};

// Reads such an entry, called `name` in messages.
Series read_series_entry(const Yaml& node, std::string name, const SeriesDefaults& defaults,
                         Problems& problems);

}  // namespace e2lm
