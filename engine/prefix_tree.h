#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/request.h"

namespace e2lm {

// The distinct prefixes of a list of requests, each once: what an engine has to compute.
//
// A *row* is one distinct prefix, named by its last token. Rows are numbered depth first, children
// in the order of their token, so every subtree is a range of rows, and a row's parent is the row
// before it unless a branch begins there. A *node* is a maximal run of rows without a branch.
// Only tokens that have a scored successor downstream are rows: a request's last token is a target,
// never an input.
//
// Everything here follows from the requests alone. The order in which requests finish when rows are
// computed in order is `order()`, the canonical order of the requests.
class PrefixTree {
 public:
  struct Node {
    int64_t first_row = 0;
    int64_t rows = 0;         // length of the run
    int64_t subtree_end = 0;  // one past the last row below this node
    int64_t last_child = -1;  // first row of the last child; -1 without children
    int32_t parent = -1;      // node; -1 where a text begins
    int32_t position = 0;     // of the first row: tokens before it
  };

  // A row whose successor is scored, and the distinct tokens that follow it somewhere.
  struct ScoredRow {
    int64_t row = 0;
    int64_t first_target = 0;  // into targets()
    int32_t targets = 0;
  };

  enum class Sharing { on, off };  // off: every request is a text of its own (for comparison)

  // Throws Error naming the request if one is empty, has nothing before its first scored token, or
  // holds a negative id.
  static PrefixTree build(std::span<const TokenRequest> requests, Sharing sharing = Sharing::on);

  std::span<const int32_t> tokens() const { return tokens_; }  // one per row
  std::span<const Node> nodes() const { return nodes_; }       // parents first
  std::span<const ScoredRow> scored_rows() const { return scored_rows_; }
  std::span<const int32_t> targets() const { return targets_; }  // token ids

  int64_t rows() const { return static_cast<int64_t>(tokens_.size()); }
  int64_t requests() const { return static_cast<int64_t>(order_.size()); }
  int64_t input_tokens() const { return input_tokens_; }  // what computing without sharing costs
  int32_t longest() const { return longest_; }            // input tokens of the longest request
  int32_t largest_token() const { return largest_token_; }

  // Requests by when they finish: order()[i] is the request that finishes i-th.
  std::span<const int32_t> order() const { return order_; }
  // Last row that request `r` needs.
  int64_t last_row(int32_t r) const { return last_row_[r]; }
  // Per scored token of request `r`, its target.
  std::span<const int64_t> request_targets(int32_t r) const;

 private:
  class Builder;

  std::vector<int32_t> tokens_;
  std::vector<Node> nodes_;
  std::vector<ScoredRow> scored_rows_;
  std::vector<int32_t> targets_;
  std::vector<int32_t> order_;
  std::vector<int64_t> last_row_;
  std::vector<int64_t> request_targets_;
  std::vector<int64_t> request_targets_begin_;  // [requests + 1]
  int64_t input_tokens_ = 0;
  int32_t longest_ = 0;
  int32_t largest_token_ = 0;
};

}  // namespace e2lm
