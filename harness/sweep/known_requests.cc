#include "harness/sweep/known_requests.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/hash.h"
#include "engine/tokenizer/libraries.h"

namespace e2lm {
namespace {

// Not its version: programs between two versions encode otherwise, too, when one mends the other.
// Empty where it cannot be read.
const std::string& program_sha256() {
  static const std::string kSha256 = []() -> std::string {
    const Path self = "/proc/self/exe";
    if (!is_seen(self)) return "";
    const MappedFile program(self);
    Sha256 hash;
    hash.add(program.bytes());
    hash.add_field(tokenizer_libraries());
    return hash.hex();
  }();
  return kSha256;
}

// In the table of files, under a path that no file has.
std::string path_of(const RequestSource& source) {
  return "requests:" + source.sha256();
}

}  // namespace

std::string RequestSource::sha256() const {
  Sha256 hash;
  hash.add_field(content_sha256);
  hash.add_field(tokenizer_sha256);
  hash.add_field(rules.json().dump());
  hash.add_field(fmt::format("{}", max_positions));
  return hash.hex();
}

std::optional<int64_t> known_request_set(const Store& store, const RequestSource& source) {
  if (program_sha256().empty()) return {};
  Statement find(store.database(),
                 "SELECT r.id FROM weights_file f JOIN request_set r ON r.sha256 = f.sha256 "
                 "WHERE f.path = ? AND f.stamp = ? "
                 "AND r.checksum = crc32(r.requests, r.finish_order)");
  if (!find.bind(path_of(source)).bind(program_sha256()).step()) return {};
  return find.integer(0);
}

void remember_request_set(Store& store, const RequestSource& source, std::string_view sha256) {
  if (program_sha256().empty()) return;
  Statement(store.database(), "INSERT OR REPLACE INTO weights_file VALUES (?, ?, ?)")
      .bind(path_of(source))
      .bind(program_sha256())
      .bind(sha256)
      .finish();
}

}  // namespace e2lm
