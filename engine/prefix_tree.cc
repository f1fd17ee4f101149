#include "engine/prefix_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace e2lm {
namespace {

std::span<const int32_t> inputs(const TokenRequest& request) {
  return std::span(request.ids).first(request.ids.size() - 1);
}

// By inputs, so that rows come out depth first; then by what remains, so that the order is total.
bool finishes_before(const TokenRequest& a, const TokenRequest& b) {
  const auto x = inputs(a), y = inputs(b);
  const auto [i, j] = std::mismatch(x.begin(), x.end(), y.begin(), y.end());
  if (i != x.end() && j != y.end()) return *i < *j;
  if (x.size() != y.size()) return x.size() < y.size();
  return a.ids.back() < b.ids.back();
}

void check(const TokenRequest& request, size_t index) {
  const std::string where = fmt::format("request {}", index);
  if (request.first_scored < 1 || request.first_scored >= std::ssize(request.ids)) {
    throw Error(where,
                fmt::format("scores from token {} of {}", request.first_scored, request.ids.size()),
                "a scored token with at least one token before it");
  }
  if (*std::min_element(request.ids.begin(), request.ids.end()) < 0) {
    throw Error(where, "holds a negative token id");
  }
}

}  // namespace

class PrefixTree::Builder {
 public:
  Builder(std::span<const TokenRequest> requests, Sharing sharing)
      : requests_(requests), sharing_(sharing) {}

  PrefixTree build() {
    for (size_t i = 0; i < requests_.size(); ++i) check(requests_[i], i);
    sort_requests();
    tree_.last_row_.resize(requests_.size());
    for (const int32_t r : tree_.order_) add_rows(r);
    join_rows_to_nodes();
    number_targets();
    return std::move(tree_);
  }

 private:
  // A token to score: its row, itself, and where its target number goes.
  struct Wanted {
    int64_t row;
    int32_t token;
    int64_t slot;
  };

  void sort_requests() {
    tree_.order_.resize(requests_.size());
    std::iota(tree_.order_.begin(), tree_.order_.end(), 0);
    std::stable_sort(tree_.order_.begin(), tree_.order_.end(), [this](int32_t a, int32_t b) {
      return finishes_before(requests_[a], requests_[b]);
    });
    tree_.request_targets_begin_.resize(requests_.size() + 1);
    for (size_t r = 0; r < requests_.size(); ++r) {
      const int64_t scored = std::ssize(requests_[r].ids) - requests_[r].first_scored;
      tree_.request_targets_begin_[r + 1] = tree_.request_targets_begin_[r] + scored;
    }
    tree_.request_targets_.resize(tree_.request_targets_begin_.back());
  }

  // Appends the rows of request `r` that the path of the request before it does not have.
  void add_rows(int32_t r) {
    const TokenRequest& request = requests_[r];
    const auto ids = inputs(request);
    size_t shared = 0;
    if (sharing_ == Sharing::on) {
      while (shared < std::min(ids.size(), path_.size()) &&
             tree_.tokens_[path_[shared]] == ids[shared]) {
        ++shared;
      }
    }
    path_.resize(shared);
    for (size_t depth = shared; depth < ids.size(); ++depth) {
      parent_row_.push_back(depth == 0 ? -1 : path_.back());
      path_.push_back(tree_.rows());
      tree_.tokens_.push_back(ids[depth]);
    }
    tree_.last_row_[r] = path_.back();
    tree_.input_tokens_ += std::ssize(ids);
    tree_.longest_ = std::max(tree_.longest_, static_cast<int32_t>(ids.size()));
    const auto largest = *std::max_element(request.ids.begin(), request.ids.end());
    tree_.largest_token_ = std::max(tree_.largest_token_, largest);
    int64_t slot = tree_.request_targets_begin_[r];
    for (size_t i = request.first_scored; i < request.ids.size(); ++i) {
      wanted_.push_back({path_[i - 1], request.ids[i], slot++});
    }
  }

  void join_rows_to_nodes() {
    std::vector<int32_t> children(tree_.tokens_.size(), 0);
    for (const int64_t parent : parent_row_) {
      if (parent >= 0) ++children[parent];
    }
    std::vector<int32_t> node_of(tree_.tokens_.size());
    for (int64_t row = 0; row < tree_.rows(); ++row) {
      const int64_t parent = parent_row_[row];
      const bool continues = parent >= 0 && children[parent] == 1;
      if (!continues) open_node(row, parent, node_of);
      Node& node = tree_.nodes_.back();
      ++node.rows;
      node_of[row] = static_cast<int32_t>(tree_.nodes_.size() - 1);
    }
    for (size_t n = tree_.nodes_.size(); n-- > 0;) {  // children before parents
      Node& node = tree_.nodes_[n];
      node.subtree_end = std::max(node.subtree_end, node.first_row + node.rows);
      if (node.parent < 0) continue;
      Node& parent = tree_.nodes_[node.parent];
      parent.subtree_end = std::max(parent.subtree_end, node.subtree_end);
    }
  }

  void open_node(int64_t row, int64_t parent_row, const std::vector<int32_t>& node_of) {
    Node node{.first_row = row};
    if (parent_row >= 0) {
      node.parent = node_of[parent_row];
      Node& parent = tree_.nodes_[node.parent];
      parent.last_child = row;
      node.position = parent.position + static_cast<int32_t>(parent.rows);
    }
    tree_.nodes_.push_back(node);
  }

  void number_targets() {
    std::sort(wanted_.begin(), wanted_.end(), [](const Wanted& a, const Wanted& b) {
      return a.row != b.row ? a.row < b.row : a.token < b.token;
    });
    for (size_t i = 0; i < wanted_.size(); ++i) {
      const Wanted& want = wanted_[i];
      const bool new_row = i == 0 || want.row != wanted_[i - 1].row;
      if (new_row) tree_.scored_rows_.push_back({want.row, std::ssize(tree_.targets_), 0});
      if (new_row || want.token != wanted_[i - 1].token) {
        tree_.targets_.push_back(want.token);
        ++tree_.scored_rows_.back().targets;
      }
      tree_.request_targets_[want.slot] = std::ssize(tree_.targets_) - 1;
    }
  }

  std::span<const TokenRequest> requests_;
  Sharing sharing_;
  PrefixTree tree_;
  std::vector<int64_t> path_;        // rows of the request added last
  std::vector<int64_t> parent_row_;  // per row; -1 where a text begins
  std::vector<Wanted> wanted_;
};

PrefixTree PrefixTree::build(std::span<const TokenRequest> requests, Sharing sharing) {
  return Builder(requests, sharing).build();
}

std::span<const int64_t> PrefixTree::request_targets(int32_t r) const {
  const int64_t begin = request_targets_begin_[r];
  return std::span(request_targets_).subspan(begin, request_targets_begin_[r + 1] - begin);
}

}  // namespace e2lm
