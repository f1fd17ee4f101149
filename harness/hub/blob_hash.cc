#include "harness/hub/blob_hash.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/error.h"

namespace e2lm {

struct BlobHash::Context {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(md); }
};

BlobHash::BlobHash(size_t digits, int64_t bytes) : context_(std::make_unique<Context>()) {
  const bool sha256 = digits == 64;
  if (EVP_DigestInit_ex(context_->md, sha256 ? EVP_sha256() : EVP_sha1(), nullptr) != 1) {
    throw Error("OpenSSL", sha256 ? "cannot start SHA-256" : "cannot start SHA-1");
  }
  if (!sha256) {
    const std::string head = fmt::format("blob {}", bytes);
    add({head.c_str(), head.size() + 1});
  }
}

BlobHash::~BlobHash() = default;

void BlobHash::add(std::string_view piece) {
  EVP_DigestUpdate(context_->md, piece.data(), piece.size());
}

std::string BlobHash::hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(context_->md, digest, &size);
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace e2lm
