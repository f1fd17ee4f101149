#pragma once

#include <cstddef>
#include <span>

namespace e2lm {

// Watches over a mapped file. Where somebody cuts the file off, or the disk fails, reading its
// memory raises SIGBUS, which would end the program: instead the lost pages become zeros, and the
// guard remembers it, for the reader to ask afterwards. Signals elsewhere are as they were.
//
// Signal handlers know no objects, so mappings stand in one table of the process; those beyond its
// 4,096 places are not watched over.
class MappingGuard {
 public:
  MappingGuard() = default;
  // REQUIRES: `bytes` begin at a page, and stay mapped while the guard lives.
  explicit MappingGuard(std::span<const std::byte> bytes);
  ~MappingGuard();
  MappingGuard(MappingGuard&& other) noexcept;
  MappingGuard& operator=(MappingGuard&& other) noexcept;

  bool lost_pages() const;

 private:
  int place_ = -1;  // in the table; -1: not watched over
};

}  // namespace e2lm
