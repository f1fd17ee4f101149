#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/file.h"
#include "scoring/metrics/item.h"

namespace e2lm {

// How a store keeps imported documents with their scores, little-endian, one after another:
//
//   int32 type · int32 golds · int32 choices · int32 gold[golds] · for each choice:
//   float64 nats · float64 unconditional nats · int32 tokens · characters · bytes · words · flags
//
// Flags: 1 greedy, 2 the unconditional nats are known.
//
// Rule for damage: a count that leads beyond the end, or a type that there is not, is an Error.
std::vector<std::byte> pack_scored_items(std::span<const Item> items);

// `path` is the store's, for messages.
std::vector<Item> unpack_scored_items(const Path& path, std::span<const std::byte> bytes);

}  // namespace e2lm
