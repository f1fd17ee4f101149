#pragma once

#include <functional>
#include <string>

#include "harness/store/store.h"

namespace e2lm {

// Everything a store holds but times and where checkpoints were, as JSON, a line for each row, in
// an order that follows from the content alone: two stores give the same lines if and only if they
// hold the same results, whoever computed them in whatever order. Rows are told by hashes and
// names, never by numbers of the file; packed values are given as their SHA-256.
void dump_store(const Store& store, const std::function<void(const std::string& line)>& line);

// SHA-256 of these lines.
std::string content_sha256(const Store& store);

}  // namespace e2lm
