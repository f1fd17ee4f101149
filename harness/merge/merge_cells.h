#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "harness/merge/merge.h"
#include "harness/store/store.h"

namespace e2lm {

// Where a source's rows lie in the target.
struct MergedIds {
  std::map<int64_t, int64_t> weights, request_sets;
};

// Puts the results of one store after the other into a target: weights, requests, cells, blocks and
// the hashes of files.
class CellMerger {
 public:
  CellMerger(Store& target, MergeSummary& summary) : target_(target), summary_(summary) {}

  // Throws Error naming both stores where they contradict each other, StoreError if the source is
  // damaged.
  MergedIds add(const Store& source);

 private:
  struct Cell;

  void add_weights(const Store& source, MergedIds& ids);
  void add_request_sets(const Store& source, MergedIds& ids);
  void add_cells(const Store& source, const MergedIds& ids);
  void add_cell(const Store& source, Cell cell, const Store::CellKey& key,
                const Store::CellKey& there);
  bool add_blocks(const Store& source, int64_t from, const Store::CellKey& key, const Cell& to);
  void add_files(const Store& source);

  Store& target_;
  MergeSummary& summary_;
  std::map<int64_t, std::string> origins_;  // of the target's cells: the store they came from first
};

}  // namespace e2lm
