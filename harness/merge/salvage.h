#pragma once

#include <string>
#include <vector>

#include "harness/store/store.h"

namespace e2lm {

// What can still be read of a damaged store, as a whole one that ends with the program:
//
//   rows     all but those on pages that cannot be read, found by their keys from both ends of a
//            table and, where keys are numbers, one by one between
//   blocks   those that match their checksums; a cell that lacks some is not done any more
//   imports  as they are, but older than any other import of the same files if anything is lost
//   plan     as it was, or none if anything of it is lost: a sweep makes it again
//
// Rows that point at lost ones are left out. `notes` gets a sentence for each table with losses.
// Throws StoreError if not even the schema can be read, or it is an older one.
Store salvage_store(const Path& file, std::vector<std::string>& notes);

}  // namespace e2lm
