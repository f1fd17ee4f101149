#include "engine/cpu/amx_scans.h"

#include <algorithm>

namespace e2lm::cpu {
namespace {

// The current state, and those before other chunks of a path in which it branches.
int64_t states_at_once(const PrefixTree& tree) {
  struct Path {
    int64_t chunk = 0;   // of its last branch
    int64_t states = 1;  // zero is none
  };
  std::vector<Path> paths;  // down to the end of each node
  int64_t most = 1;
  for (const PrefixTree::Node& node : tree.nodes()) {
    Path path = node.parent < 0 ? Path() : paths[node.parent];
    const int64_t chunk = (node.position + node.rows) / kScanChunk;
    if (node.last_child >= 0 && chunk > path.chunk) path = {chunk, path.states + 1};
    most = std::max(most, path.states);
    paths.push_back(path);
  }
  return most;
}

// More heads together share more of what their group has in common, fewer leave more pieces.
std::vector<AmxScan::Heads> pieces_of(const StateShape& shape, int threads) {
  const int64_t in_group = shape.mamba_heads / shape.groups;
  const int64_t together = std::clamp<int64_t>(shape.mamba_heads / (2 * threads), 1, in_group);
  std::vector<AmxScan::Heads> pieces;
  for (int64_t group = 0; group < shape.groups; ++group) {
    for (int64_t first = 0; first < in_group; first += together) {
      pieces.push_back({group * in_group + first, std::min(together, in_group - first)});
    }
  }
  return pieces;
}

}  // namespace

std::vector<AmxScan> amx_scans(Isa isa, const StateShape& shape, int threads) {
  std::vector<AmxScan> scans;
  for (const AmxScan::Heads& heads : pieces_of(shape, threads))
    scans.emplace_back(isa, shape, heads);
  return scans;
}

MemoryModel amx_scan_memory(const StateShape& shape, int threads, const PrefixTree& tree) {
  constexpr int64_t kFloat = sizeof(float), kNumber = sizeof(uint16_t), kPointer = sizeof(float*);
  const int64_t pieces = std::ssize(pieces_of(shape, threads)), heads = shape.mamba_heads;
  const int64_t size = round_up(shape.state_size, kAmxInputs);
  const int64_t width = round_up(shape.mamba_width, kAmxRows);
  const int64_t row = pieces * (2 * kPointer + size * kNumber) +  // of a chunk
                      heads * (width * kNumber + 2 * kFloat);
  const int64_t scratch = kScanChunk * (2 * size * kNumber + kScanChunk * (kFloat + kNumber) +
                                        width * (kFloat + kNumber));
  return {.fixed = 2 * kScanChunk * row + pieces * scratch +
                   states_at_once(tree) * heads * size * width * (kFloat + kNumber),
          .per_row = row,
          .per_kept_state =
              (kScanChunk - 1) * shape.layers * (shape.conv_channels() + 2 * heads) * kFloat};
}

}  // namespace e2lm::cpu
