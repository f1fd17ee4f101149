#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/file.h"
#include "harness/http/client.h"

namespace e2lm {

struct DownloadTarget {
  std::string url;
  std::vector<HttpHeader> secrets;
  Path file;  // gets the name when it is whole; begun_file before
  int64_t bytes = 0;
  std::string hash;    // as HubFile's
  std::string commit;  // that the server must not contradict; empty: any
};

// FILE.incomplete, where the first part of a file is until the rest came.
Path begun_file(const Path& file);

// Brings a file: goes on where an earlier try or program stopped, tries again as the client's
// options have it (the tries count anew with every byte that came), and gives the file its name
// only if length and hash are right. `advance` is told the bytes that were gained, or lost when a
// server cannot go on in the middle. Throws HttpError, Error for wrong bytes or a full disk, and
// Interrupted; FILE.incomplete then stays for the next time, unless its bytes are wrong.
// REQUIRES: nobody else downloads the file (HubCache::Lock).
void download(const HttpClient& client, const DownloadTarget& target,
              const std::function<void(int64_t bytes)>& advance);

}  // namespace e2lm
