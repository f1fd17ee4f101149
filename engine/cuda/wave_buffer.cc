#include "engine/cuda/wave_buffer.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace e2lm::cuda {
namespace {

constexpr int64_t kAlignment = 16;  // of every list of records

int64_t aligned(int64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

template <class T>
int64_t list_bytes(int64_t count) {
  return aligned(count * static_cast<int64_t>(sizeof(T)));
}

// Lays lists one after the other into host memory, and says where they will be on the device.
class Packer {
 public:
  Packer(char* host, char* device) : host_(host), device_(device) {}

  template <class T>
  const T* add(const std::vector<T>& list) {
    const auto bytes = static_cast<int64_t>(list.size() * sizeof(T));
    if (bytes > 0) std::memcpy(host_ + used_, list.data(), bytes);
    const auto* there = reinterpret_cast<const T*>(device_ + used_);
    used_ += aligned(bytes);
    return there;
  }

  // `count` zeros, which kernels write to.
  template <class T>
  T* add_zeros(int64_t count) {
    std::memset(host_ + used_, 0, count * sizeof(T));
    auto* there = reinterpret_cast<T*>(device_ + used_);
    used_ += list_bytes<T>(count);
    return there;
  }
  int64_t used() const { return used_; }

 private:
  char* host_;
  char* device_;
  int64_t used_ = 0;
};

std::vector<ScoredRecord> scored_records(const Wave& wave) {
  std::vector<ScoredRecord> records;
  for (const Wave::ScoredRow& row : wave.scored_rows) {
    const int64_t first = row.first_target - wave.scored_rows.front().first_target;
    records.push_back({row.row, static_cast<int32_t>(first), row.targets});
  }
  return records;
}

template <class T>
int32_t count(const std::vector<T>& list) {
  return static_cast<int32_t>(list.size());
}

}  // namespace

int64_t record_bytes(const PlanSizes& sizes, int64_t taps) {
  const int64_t before = std::max<int64_t>(0, taps - 1);
  return 5 * list_bytes<int32_t>(sizes.rows) + list_bytes<int32_t>(sizes.rows * before) +
         list_bytes<UnitRecord>(sizes.units) + list_bytes<TileRecord>(sizes.tiles) +
         list_bytes<KeyRecord>(sizes.keys) + list_bytes<StateJob>(sizes.jobs) +
         list_bytes<int32_t>(sizes.kept_jobs * before) + list_bytes<int32_t>(sizes.kept_jobs) +
         list_bytes<CachedRow>(sizes.cached_rows) + list_bytes<ScoredRecord>(sizes.scored_rows) +
         list_bytes<int32_t>(sizes.targets);
}

void WaveBuffer::prepare(const PlanSizes& sizes, int64_t taps) {
  const int64_t needed = record_bytes(sizes, taps);
  if (needed <= device_.bytes()) return;
  // The device's bytes are what there is room for, so the host's come first, never to be fewer.
  std::array<PinnedMemory, 2> memory = {PinnedMemory(needed), PinnedMemory(needed)};
  device_ = DeviceMemory();  // not both at once
  device_ = DeviceMemory(needed);
  for (size_t i = 0; i < sides_.size(); ++i) sides_[i].memory = std::move(memory[i]);
}

void WaveBuffer::release() {
  device_ = DeviceMemory();
  for (Side& side : sides_) side.memory = PinnedMemory();
}

WaveRecords WaveBuffer::send(const Wave& wave, const WavePlan& plan, Stream stream) {
  turn_ = 1 - turn_;
  Side& side = sides_[turn_];
  side.passed.wait();
  Packer packer(side.memory.as<char>(), device_.as<char>());
  const WaveRecords records = {.rows = static_cast<int32_t>(wave.rows()),
                               .tokens = packer.add(wave.tokens),
                               .positions = packer.add(wave.positions),
                               .until = packer.add(plan.until),
                               .parent = packer.add(plan.parent),
                               .taps = packer.add(plan.taps),
                               .units = packer.add(plan.units),
                               .tiles = packer.add(plan.tiles),
                               .keys = packer.add(plan.keys),
                               .jobs = packer.add(plan.jobs),
                               .kept_tails = packer.add(plan.kept_tails),
                               .kept_tail_slots = packer.add(plan.kept_tail_slots),
                               .cached_rows = packer.add(plan.cached_rows),
                               .scored = packer.add(scored_records(wave)),
                               .targets = packer.add(wave.targets),
                               .spoiled = packer.add_zeros<int32_t>(wave.rows()),
                               .unit_count = count(plan.units),
                               .tile_count = count(plan.tiles),
                               .kept_tail_count = count(plan.kept_tail_slots),
                               .cached_row_count = count(plan.cached_rows),
                               .scored_count = count(wave.scored_rows)};
  assert(packer.used() <= device_.bytes());
  copy_to_device(device_.as<void>(), side.memory.as<void>(), packer.used(), stream);
  side.passed.record(stream);
  return records;
}

}  // namespace e2lm::cuda
