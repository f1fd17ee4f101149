#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/file.h"
#include "tasks/requests.h"

namespace e2lm {

// How a store keeps the shapes of a task's items: int32 numbers, an item after the other:
//
//   flags · windows · words · bytes · number of golds · golds · number of choices ·
//   (characters, bytes) of each choice
//
// Rule for damage: a count that leads beyond the end, or a gold that no choice has, is an Error.
std::vector<int32_t> pack_items(const std::vector<ItemShape>& items);

// `path` is the store's, for messages.
std::vector<ItemShape> unpack_items(const Path& path, std::span<const std::byte> bytes);

// The layout of schema versions 1 and 2: gold · number of choices · (characters, bytes) of each.
std::vector<ItemShape> unpack_items_before_3(const Path& path, std::span<const std::byte> bytes);

}  // namespace e2lm
