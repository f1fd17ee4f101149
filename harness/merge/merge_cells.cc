#include "harness/merge/merge_cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "base/error.h"

namespace e2lm {
namespace {

// Scores of one cell by place in the finishing order.
class CellScores {
 public:
  CellScores(const Store& store, int64_t cell, int64_t requests)
      : nats_(requests), counts_(2 * requests), there_(requests) {
    for (const Store::Block& block : store.blocks(cell)) {
      if (block.first < 0 || std::ssize(block.nats) > requests - block.first) {
        throw StoreError(
            store.database().path().string(),
            fmt::format("is damaged: cell {} has scores beyond its {} requests", cell, requests));
      }
      put(block);
    }
  }

  void put(const Store::Block& block) {
    std::copy(block.nats.begin(), block.nats.end(), nats_.begin() + block.first);
    std::copy(block.counts.begin(), block.counts.end(), counts_.begin() + 2 * block.first);
    std::fill_n(there_.begin() + block.first, block.nats.size(), 1);
  }

  bool empty() const {
    return std::none_of(there_.begin(), there_.end(), [](uint8_t there) { return there != 0; });
  }

  bool whole() const {
    return std::all_of(there_.begin(), there_.end(), [](uint8_t there) { return there != 0; });
  }

  // Where both have a score and not the same one.
  std::optional<int64_t> find_difference(const CellScores& other) const {
    for (size_t place = 0; place < there_.size(); ++place) {
      if (!there_[place] || !other.there_[place]) continue;
      const bool same =
          std::bit_cast<uint64_t>(nats_[place]) == std::bit_cast<uint64_t>(other.nats_[place]) &&
          counts_[2 * place] == other.counts_[2 * place] &&
          counts_[2 * place + 1] == other.counts_[2 * place + 1];
      if (!same) return static_cast<int64_t>(place);
    }
    return {};
  }

  double nats(int64_t place) const { return nats_[place]; }

  // What of `block` is not here, as blocks.
  std::vector<Store::Block> missing(const Store::Block& block) const {
    std::vector<Store::Block> pieces;
    bool open = false;
    for (size_t i = 0; i < block.nats.size(); ++i) {
      const auto place = block.first + static_cast<int64_t>(i);
      if (there_[place]) {
        open = false;
        continue;
      }
      if (!open) pieces.push_back({.first = place});
      open = true;
      pieces.back().nats.push_back(block.nats[i]);
      pieces.back().counts.insert(pieces.back().counts.end(),
                                  {block.counts[2 * i], block.counts[2 * i + 1]});
    }
    return pieces;
  }

 private:
  std::vector<double> nats_;
  std::vector<int32_t> counts_;
  std::vector<uint8_t> there_;
};

// "base-deep step 640, wordnet_kinds", or what can be said of it.
std::string name_of(const Store& store, int64_t weights, int64_t request_set) {
  Statement checkpoint(store.database(),
                       "SELECT series, step FROM checkpoint WHERE weights = ? ORDER BY 1, 2");
  Statement task(store.database(), "SELECT name FROM task WHERE request_set = ? ORDER BY 1");
  const std::string of = checkpoint.bind(weights).step()
                             ? fmt::format("{} step {}", checkpoint.text(0), checkpoint.integer(1))
                             : "a checkpoint of no series";
  return of + ", " + (task.bind(request_set).step() ? task.text(0) : "requests of no task");
}

std::string weights_sha256(const Store& store, int64_t weights) {
  Statement find(store.database(), "SELECT sha256 FROM weights WHERE id = ?");
  return find.bind(weights).step() ? find.text(0) : "";
}

int rank(const std::string& state) {
  if (state == "done") return 2;
  return state == "failed" ? 0 : 1;
}

}  // namespace

struct CellMerger::Cell {
  int64_t id = 0;
  std::string state, error;
  double seconds = 0;
  int64_t rows = 0;
  std::string program;

  static Cell read(const Statement& row) {
    return {row.integer(0), row.text(1), row.text(2), row.real(3), row.integer(4), row.text(5)};
  }

  void write(Store& store) const {
    Statement(store.database(),
              "UPDATE cell SET state = ?, error = ?, seconds = ?, rows = ?, program = ? "
              "WHERE id = ?")
        .bind(state)
        .bind(error)
        .bind(seconds)
        .bind(rows)
        .bind(program)
        .bind(id)
        .finish();
  }
};

MergedIds CellMerger::add(const Store& source) {
  Statement loose(source.database(), "PRAGMA foreign_key_check");
  if (loose.step()) {
    throw StoreError(source.database().path().string(),
                     fmt::format("is damaged: a row of '{}' points at nothing", loose.text(0)));
  }
  MergedIds ids;
  add_weights(source, ids);
  add_request_sets(source, ids);
  add_cells(source, ids);
  add_files(source);
  return ids;
}

void CellMerger::add_weights(const Store& source, MergedIds& ids) {
  Statement all(source.database(),
                "SELECT id, sha256, family, dtype, parameters, bytes FROM weights");
  while (all.step()) {
    ids.weights[all.integer(0)] = target_.add_weights(
        {all.text(1), all.text(2), all.text(3), all.integer(4), all.integer(5)});
  }
}

void CellMerger::add_request_sets(const Store& source, MergedIds& ids) {
  Statement all(source.database(), "SELECT id, sha256 FROM request_set");
  while (all.step()) {
    const std::vector<int32_t> order = source.finish_order(all.integer(0));
    const int64_t id = target_.add_request_set(all.text(1), order);
    if (target_.finish_order(id) != order) {
      throw StoreError(source.database().path().string(),
                       fmt::format("has the requests {} in another order than the stores before it",
                                   all.text(1).substr(0, 12)),
                       "stores written by versions of e2lm that finish requests alike");
    }
    ids.request_sets[all.integer(0)] = id;
  }
}

void CellMerger::add_cells(const Store& source, const MergedIds& ids) {
  Statement all(source.database(),
                "SELECT id, state, error, seconds, rows, program, weights, request_set, settings "
                "FROM cell ORDER BY id");
  while (all.step()) {
    const Store::CellKey key = {all.integer(6), all.integer(7), all.text(8)};
    const Store::CellKey there = {ids.weights.at(key.weights), ids.request_sets.at(key.request_set),
                                  key.settings};
    add_cell(source, Cell::read(all), key, there);
  }
}

void CellMerger::add_cell(const Store& source, Cell cell, const Store::CellKey& key,
                          const Store::CellKey& there) {
  constexpr const char* kFind =
      "SELECT id, state, error, seconds, rows, program FROM cell "
      "WHERE weights = ? AND request_set = ? AND settings = ?";
  std::optional<Cell> old;
  {
    Statement find(target_.database(), kFind);
    if (find.bind(there.weights).bind(there.request_set).bind(there.settings).step()) {
      old = Cell::read(find);
    }
  }
  const int64_t from = cell.id;
  cell.id = old ? old->id : target_.open_cell(there);
  const bool whole = add_blocks(source, from, key, cell);
  if (old) {
    cell.seconds = std::max(cell.seconds, old->seconds);
    cell.rows = std::max(cell.rows, old->rows);
    const bool behind = rank(cell.state) < rank(old->state) ||
                        (cell.state == old->state && old->error < cell.error);
    if (behind) cell.state = old->state, cell.error = old->error, cell.program = old->program;
  }
  if (whole && cell.state != "done") cell.state = "done", cell.error.clear();
  if (cell.state == "done" && (!old || old->state != "done")) ++summary_.cells;
  cell.write(target_);
}

// Returns whether the target's cell has all its scores now.
bool CellMerger::add_blocks(const Store& source, int64_t from, const Store::CellKey& key,
                            const Cell& to) {
  const std::string path = source.database().path().string();
  const auto requests = std::ssize(source.finish_order(key.request_set));
  const CellScores ours(source, from, requests);
  if (to.state == "done" && !ours.whole()) {
    throw StoreError(path, fmt::format("is damaged: {} is done and lacks scores",
                                       name_of(source, key.weights, key.request_set)));
  }
  CellScores theirs(target_, to.id, requests);
  const std::string& origin =
      origins_.try_emplace(to.id, theirs.empty() ? path : target_.database().path().string())
          .first->second;
  if (const auto place = ours.find_difference(theirs)) {
    throw Error(
        path,
        fmt::format("has other scores than {}: {} (weights {}, settings {}), request {} in the "
                    "order of finishing: {} and {} nats",
                    origin, name_of(source, key.weights, key.request_set),
                    weights_sha256(source, key.weights).substr(0, 12), key.settings, *place,
                    ours.nats(*place), theirs.nats(*place)),
        "the same bits wherever they were computed; merge without one of the two stores");
  }
  for (const Store::Block& block : source.blocks(from)) {
    for (const Store::Block& piece : theirs.missing(block)) {
      target_.add_block(to.id, piece);
      theirs.put(piece);
      summary_.requests += std::ssize(piece.nats);
    }
  }
  return theirs.whole();
}

// The hashes of files that a sweep here need not read again. Of two the larger: any is right that
// fits the files, and which does is found out when they are looked at.
void CellMerger::add_files(const Store& source) {
  Statement all(source.database(), "SELECT path, stamp, sha256 FROM weights_file");
  while (all.step()) {
    Statement(target_.database(),
              "INSERT INTO weights_file VALUES (?, ?, ?) ON CONFLICT (path) DO UPDATE SET "
              "stamp = excluded.stamp, sha256 = excluded.sha256 "
              "WHERE (excluded.stamp, excluded.sha256) > (stamp, sha256)")
        .bind(all.text(0))
        .bind(all.text(1))
        .bind(all.text(2))
        .finish();
  }
}

}  // namespace e2lm
