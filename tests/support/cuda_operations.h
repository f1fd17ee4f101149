#pragma once

// Single operations of the CUDA engine on the emulated card, with made inputs.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "engine/cuda/bfloat16.h"
#include "engine/cuda/kernels.h"

namespace e2lm::cuda {

// A text of 100 rows as two units, the second of which begins with the state after the first.
class CudaOperations : public testing::TestWithParam<Element> {
 protected:
  static constexpr int32_t kRows = 100, kFirst = 64;

  CudaOperations() {
    for (int32_t r = 0; r < kRows; ++r) {
      positions_.push_back(r);
      until_.push_back(kRows);
      parent_.push_back(r == kFirst ? -1 : r - 1);
    }
    for (const int32_t seen : {kFirst, kRows}) {
      for (int32_t r = 0; r < seen; ++r) keys_.push_back({r, kRows});
    }
    wave_.rows = kRows;
    wave_.positions = positions_.data();
    wave_.until = until_.data();
    wave_.parent = parent_.data();
    wave_.units = units_;
    wave_.unit_count = 2;
    wave_.tiles = tiles_;
    wave_.tile_count = 2;
    wave_.keys = keys_.data();
    wave_.jobs = &job_;
    wave_.cached_rows = &cached_;
    wave_.cached_row_count = 1;
    wave_.spoiled = spoiled_.data();
  }

  int64_t element_bytes() const { return GetParam() == Element::float32 ? 4 : 2; }

  // Random numbers around 0, `shift` of them past an address that is a multiple of 256.
  struct Numbers {
    DeviceMemory memory;
    int64_t shift;
    float* floats() const { return memory.as<float>() + shift; }
    Bfloat16* halves() const { return memory.as<Bfloat16>() + shift; }
  };
  Numbers numbers(Element element, int64_t count, int64_t shift) {
    Numbers made{DeviceMemory((count + shift) * 4), shift};
    std::mt19937 random(3);
    for (int64_t i = 0; i < count; ++i) {
      const float value = static_cast<float>(random() % 2001) / 1000 - 1;
      if (element == Element::float32) {
        made.floats()[i] = value;
      } else {
        made.halves()[i] = narrow<Bfloat16>(value);
      }
    }
    return made;
  }
  void* data(const Numbers& made) const {
    return GetParam() == Element::float32 ? static_cast<void*>(made.floats()) : made.halves();
  }

  float element(const std::string& bits, int64_t index) const {
    const char* at = bits.data() + index * element_bytes();
    if (GetParam() == Element::float32) return *reinterpret_cast<const float*>(at);
    return widen(*reinterpret_cast<const Bfloat16*>(at));
  }

  std::string attention_bits(int32_t width, int64_t shift) {
    const int32_t heads = 2, row = 4 * width;  // q of two heads, k, v
    const Numbers qkv = numbers(Element::float32, kRows * row, shift);
    const Numbers scale = numbers(Element::float32, row, shift);
    const auto part = [&](int32_t first, int32_t count) {
      return FloatRows{qkv.floats() + first, row, count, scale.floats() + first};
    };
    const DeviceMemory out(kRows * heads * width * element_bytes());
    const std::vector<float> unturned = rotations(width);
    const HeadRule rule = {heads, 1, width, unturned.data()};
    const int32_t packed = packed_width(heads, 1, width);
    const DeviceMemory rows(kRows * packed * element_bytes()), cache(packed * element_bytes());
    const OperandRows packed_rows = {rows.as<void>(), packed, packed, GetParam()};
    pack_heads(wave_, rule, part(0, heads * width), part(heads * width, width),
               part(3 * width, width), packed_rows, nullptr);
    attention(wave_, rule, 1.5F, packed_rows, cache.as<void>(),
              {out.as<void>(), heads * width, heads * width, GetParam()}, nullptr);
    return {out.as<char>(), static_cast<size_t>(out.bytes())};
  }

  // Of every position, by nothing.
  static std::vector<float> rotations(int32_t width) {
    std::vector<float> all;
    for (int32_t i = 0; i < kRows * width; ++i) all.push_back(i % width < width / 2 ? 1.0F : 0.0F);
    return all;
  }

  // Of y, or of what the gate makes of it.
  std::string scan_bits(int32_t width, int32_t state_size, int64_t shift, bool gated = false) {
    const int32_t heads = 3, inner = heads * width, row = inner + 2 * state_size;
    const Numbers xbc = numbers(GetParam(), kRows * row, shift);
    const Numbers dt = numbers(Element::float32, kRows * heads, 0);
    const std::vector<float> rate = {-0.5F, -0.1F, -2.0F}, ones(heads, 1.0F);
    const DeviceMemory state(heads * width * state_size * 4), steps(kRows * heads * 4),
        decay(kRows * heads * 8), products(2 * kTileRows * kTileRows * 4), out(kRows * inner * 4);
    ScanRule rule = {heads, width, state_size, 1, rate.data(), ones.data(), ones.data()};
    rule.dt_max = std::numeric_limits<float>::infinity();
    rule.layer_states = state.as<float>();
    rule.log2_dt = steps.as<float>();
    rule.log_decay = decay.as<double>();
    rule.products = products.as<float>();
    const OperandRows operands = {data(xbc), row, row, GetParam()};
    time_steps(wave_, rule, {dt.floats(), heads, heads, nullptr}, nullptr);
    scan_products(wave_, rule, operands, nullptr);
    scan_states(wave_, rule, operands, 0, 1, nullptr);
    if (gated) {
      const Numbers z = numbers(Element::float32, kRows * inner, shift);
      scan_gated_outputs(wave_, rule, operands, {z.floats(), inner, inner, nullptr}, 1.5F,
                         {out.as<void>(), inner, inner, GetParam()}, nullptr);
      return {out.as<char>(), static_cast<size_t>(kRows * inner * element_bytes())};
    }
    scan_outputs(wave_, rule, operands, {out.as<float>(), inner, inner, nullptr}, nullptr);
    return {out.as<char>(), static_cast<size_t>(out.bytes())};
  }

  std::vector<int32_t> positions_, until_, parent_, spoiled_ = std::vector<int32_t>(kRows);
  std::vector<KeyRecord> keys_;
  const UnitRecord units_[2] = {{0, kFirst, kNoState}, {kFirst, kRows - kFirst, 0}};
  const TileRecord tiles_[2] = {{0, 0, kFirst, 0, 0, kFirst, 0, 0},
                                {1, kFirst, kRows - kFirst, kFirst, 1, kRows, kFirst, kFirst}};
  const StateJob job_ = {0, kFirst - 1, 0};
  const CachedRow cached_ = {kRows - 1, 0};
  WaveRecords wave_ = {};
};

inline std::string element_name(const testing::TestParamInfo<Element>& element) {
  return element.param == Element::float32 ? "float32" : "bfloat16";
}

}  // namespace e2lm::cuda
