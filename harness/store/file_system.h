#pragma once

#include "base/file.h"

namespace e2lm {

// What the store asks of the place it lies in.

// Throws StoreError if files of the folder cannot be locked: without locks two programs would
// destroy each other's work in a database. REQUIRES: the folder exists and can be written.
void require_locks(const Path& folder);

// Whether other machines see the same files (NFS, SMB, Lustre, FUSE, ..). SQLite's write-ahead log
// needs memory that all its users share, so that it must not be used there.
bool is_network_folder(const Path& folder);

}  // namespace e2lm
