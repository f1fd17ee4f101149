#include "engine/cpu/cpu_backend.h"

#include <algorithm>

#include "base/memory.h"
#include "engine/cpu/allocate.h"
#include "engine/cpu/backend.h"
#include "engine/cpu/for_each_row.h"
#include "engine/rotations.h"

namespace e2lm {
namespace cpu {
namespace {

constexpr int64_t kFloatBytes = sizeof(float);

// Rows are read where they lie in the checkpoint.
struct MappedEmbedding final : Embedding {
  explicit MappedEmbedding(const Tensor& tensor) : table(tensor) {}
  const Tensor& table;
};

}  // namespace

Array CpuBackend::array(std::span<const float> values) {
  Array result = allocate(std::ssize(values));
  std::copy(values.begin(), values.end(), result.data());
  weight_bytes_ += static_cast<int64_t>(values.size_bytes());
  return result;
}

std::unique_ptr<Embedding> CpuBackend::embedding(const Tensor& table) {
  return std::make_unique<MappedEmbedding>(table);
}

Array CpuBackend::activations(int64_t rows, int64_t width) {
  return allocate(round_up(rows, kTileRows) * width);
}

ProductArray CpuBackend::product_rows(int64_t rows, int64_t width) {
  const int64_t bytes = product_element_bytes();
  const int64_t floats = (width * bytes + kFloatBytes - 1) / kFloatBytes;  // of a row
  return {activations(rows, floats), width, bytes};
}

ProductArray CpuBackend::convolved_rows(int64_t rows, int64_t width) {
  return {activations(rows, width), width, kFloatBytes};
}

int64_t CpuBackend::scratch_bytes_per_row(const StateShape& shape) const {
  return logprob_bytes_per_row() + 2 * shape.mamba_heads * kFloatBytes;
}

int64_t CpuBackend::default_memory_bytes() const {
  constexpr int64_t kLeast = int64_t{256} << 20;
  return weight_bytes_ + std::max(available_memory_bytes() / 2, kLeast);
}

MemoryModel CpuBackend::memory_model(const StateShape& shape, int64_t activation_bytes_per_row,
                                     const PrefixTree& tree) const {
  const auto rotations = int64_t{tree.longest()} * shape.head_width;
  const MemoryModel scan =
      has_amx_scan(shape) ? amx_scan_memory(shape, threads_, tree) : MemoryModel{};
  return {.fixed = weight_bytes_ + rotations * kFloatBytes + scan.fixed,
          .per_row = activation_bytes_per_row + scratch_bytes_per_row(shape) + scan.per_row,
          .per_kept_row = shape.kept_row_bytes(),
          .per_kept_state = shape.kept_state_bytes() + scan.per_kept_state};
}

void CpuBackend::prepare(const StateShape& shape, const PrefixTree& tree,
                         const Schedule& schedule) {
  shape_ = shape;
  kept_.prepare(shape, schedule.slots, has_amx_scan(shape) ? kScanChunk : 1);
  amx_scans_ = has_amx_scan(shape) ? amx_scans(isa_, shape, threads_) : std::vector<AmxScan>();
  rotations_ = rope_rotations(shape.rope, shape.head_width, tree.longest());
}

void CpuBackend::begin_wave(const Wave& wave) {
  kept_.begin_wave(wave);
  blocks_.clear();
  for (int32_t s = 0; s < std::ssize(wave.segments); ++s) {
    const int32_t rows = wave.segments[s].rows;
    for (int32_t first = 0; first < rows; first += kBlockRows) {
      blocks_.push_back({s, first, std::min(kBlockRows, rows - first)});
    }
  }
}

void CpuBackend::end_wave(const Wave& wave) {
  kept_.end_wave(wave);
}

void CpuBackend::embed(const Wave& wave, const Embedding& embedding, float multiplier,
                       Rows hidden) {
  const Tensor& table = static_cast<const MappedEmbedding&>(embedding).table;
  for_each_row(threads_, isa_, wave.rows(), [&](auto, int64_t r) E2LM_INLINE {
    float* out = hidden.data + r * hidden.stride;
    const auto width = static_cast<size_t>(hidden.width);
    read_floats(table, wave.tokens[r] * hidden.width, {out, width});
    for (int64_t i = 0; i < hidden.width; ++i) out[i] *= multiplier;
  });
}

}  // namespace cpu

std::unique_ptr<Backend> open_cpu_backend(int threads, Precision precision) {
  return std::make_unique<cpu::CpuBackend>(threads, cpu::choose_operand(precision));
}

bool cpu_has_fast_bfloat16() {
  return cpu::has_fast_bfloat16_products();
}

}  // namespace e2lm
