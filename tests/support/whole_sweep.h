#pragma once

#include <string>

#include "base/hash.h"
#include "harness/store/store.h"
#include "tests/support/places.h"

namespace e2lm {

// Two checkpoints of two series on three tasks: several cells of several blocks each.
inline std::string manifest_text() {
  const std::string source = source_dir();
  return "tasks: [wordnet_kinds, wordnet_parts, wordnet_everyday]\n"
         "tokenizer: " +
         source +
         "/series/tokenizer\n"
         "series:\n"
         "  - {name: small-deep, path: '" +
         source +
         "/series/small-deep/iter_{step:07}',\n"
         "     steps: [40, 640], tokens: {per_step: 2048}}\n"
         "  - {name: base-wide, path: '" +
         source +
         "/series/base-wide/iter_{step:07}',\n"
         "     steps: [40, 640], tokens: {per_step: 2048}}\n";
}

// Everything the store holds but times, in a fixed order.
inline std::string contents(const Path& store_path) {
  const Store store = Store::open_existing(store_path);
  Sha256 hash;
  const auto add = [&](const char* sql, int columns) {
    Statement rows(store.database(), sql);
    while (rows.step()) {
      for (int c = 0; c < columns; ++c) {
        const auto bytes = rows.bytes(c);
        hash.add_field(std::to_string(bytes.size()));
        hash.add(bytes);
      }
    }
  };
  add("SELECT w.sha256, r.sha256, c.settings, c.state, b.first, b.count, b.nats, b.counts "
      "FROM block b JOIN cell c ON c.id = b.cell JOIN weights w ON w.id = c.weights "
      "JOIN request_set r ON r.id = c.request_set "
      "ORDER BY w.sha256, r.sha256, c.settings, b.first",
      8);
  add("SELECT name, position, ranking_group, mix FROM series ORDER BY name", 4);
  add("SELECT series, step, position, tokens, error FROM checkpoint ORDER BY series, step", 5);
  add("SELECT name, content_sha256, position, items FROM task ORDER BY name", 4);
  return hash.hex();
}

}  // namespace e2lm
