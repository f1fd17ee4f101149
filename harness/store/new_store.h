#pragma once

#include <functional>

#include "harness/store/store.h"

namespace e2lm {

// Has `fill` fill the store at `place`, which is made if it is not there. A new one is written
// beside its place and takes it when it is whole, so that where `fill` throws nothing is left: no
// empty store, and no folder made for one. If another program makes the store meanwhile, `fill` is
// called once more, with that one. What happens to a store that is there is up to `fill`.
void fill_store(const Path& place, const std::function<void(Store&)>& fill);

}  // namespace e2lm
