#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace e2lm {

// SHA-256 of bytes given in pieces (OpenSSL). Identities in the store are these.
class Sha256 {
 public:
  Sha256();
  ~Sha256();

  void add(std::span<const std::byte> bytes);
  void add(std::string_view text);
  // The text and its length, so that neighbouring fields cannot run into each other.
  void add_field(std::string_view text);

  // 64 lower-case hexadecimal digits. REQUIRES: called once, last.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view text);

// FNV-1a (Fowler, Noll, Vo), 64 bits: the same on every machine, for streams of random numbers and
// tables; equal hashes are no equal texts.
uint64_t fnv1a(std::string_view text);

}  // namespace e2lm
