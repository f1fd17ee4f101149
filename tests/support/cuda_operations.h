#pragma once

// Single operations of the CUDA engine, with made inputs: on a card where there is one, else on the
// emulated one.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "engine/cuda/bfloat16.h"
#include "engine/cuda/kernels.h"
#include "tests/support/devices.h"
#include "tests/support/on_card.h"

namespace e2lm::cuda {

// A text of 100 rows as two units, the second of which begins with the state after the first.
class CudaOperations : public testing::TestWithParam<Element> {
 protected:
  static constexpr int32_t kRows = 100, kFirst = 64;

  CudaOperations() {
    for (int32_t r = 0; r < kRows; ++r) {
      until_.push_back(kRows);
      parent_.push_back(r == kFirst ? -1 : r - 1);
    }
  }

  void SetUp() override {
    const bool rounded = GetParam() == Element::bfloat16;
    E2LM_SKIP_WITHOUT(Device::cuda, rounded ? Precision::bfloat16 : Precision::float32);
  }

  // The wave as it is now, on the card as long as this stands.
  class Wave {
   public:
    explicit Wave(const CudaOperations& test)
        : positions_(test.positions()),
          until_(test.until_),
          parent_(test.parent_),
          taps_(test.taps_),
          spoiled_(test.spoiled_),
          units_({{0, kFirst, kNoState}, {kFirst, kRows - kFirst, 0}}),
          tiles_({{0, 0, kFirst, 0, 0, kFirst, 0, 0},
                  {1, kFirst, kRows - kFirst, kFirst, 1, kRows, kFirst, kFirst}}),
          keys_(test.keys()),
          job_({{0, kFirst - 1, 0}}),
          cached_({{kRows - 1, 0}}) {}

    WaveRecords records() const {
      WaveRecords all = {};
      all.rows = kRows;
      all.positions = positions_.data();
      all.until = until_.data();
      all.parent = parent_.data();
      all.taps = taps_.data();
      all.units = units_.data();
      all.unit_count = 2;
      all.tiles = tiles_.data();
      all.tile_count = 2;
      all.keys = keys_.data();
      all.jobs = job_.data();
      all.cached_rows = cached_.data();
      all.cached_row_count = 1;
      all.spoiled = spoiled_.data();
      return all;
    }
    std::vector<int32_t> spoiled() const { return spoiled_.values(); }

   private:
    OnCard<int32_t> positions_, until_, parent_, taps_, spoiled_;
    OnCard<UnitRecord> units_;
    OnCard<TileRecord> tiles_;
    OnCard<KeyRecord> keys_;
    OnCard<StateJob> job_;
    OnCard<CachedRow> cached_;
  };

  int64_t element_bytes() const { return GetParam() == Element::float32 ? 4 : 2; }

  // Random numbers around 0.
  static std::vector<float> numbers(int64_t count) {
    std::vector<float> made;
    std::mt19937 random(3);
    for (int64_t i = 0; i < count; ++i) {
      made.push_back(static_cast<float>(random() % 2001) / 1000 - 1);
    }
    return made;
  }

  // On the card, `shift` values past an address that is a multiple of 256.
  template <class V>
  static OnCard<V> shifted(std::vector<V> values, int64_t shift) {
    values.insert(values.begin(), shift, V{});
    return OnCard<V>(values);
  }

  // The same as what products take.
  class Operand {
   public:
    Operand(Element element, const std::vector<float>& values, int64_t shift)
        : floats_(shifted(element == Element::float32 ? values : std::vector<float>(), shift)),
          halves_(shifted(element == Element::float32 ? std::vector<Bfloat16>() : narrowed(values),
                          shift)),
          data_(element == Element::float32 ? static_cast<void*>(floats_.data() + shift)
                                            : halves_.data() + shift) {}
    void* data() const { return data_; }

   private:
    static std::vector<Bfloat16> narrowed(const std::vector<float>& values) {
      std::vector<Bfloat16> all;
      for (const float value : values) all.push_back(narrow<Bfloat16>(value));
      return all;
    }
    OnCard<float> floats_;
    OnCard<Bfloat16> halves_;
    void* data_;
  };

  float element(const std::string& bits, int64_t index) const {
    const char* at = bits.data() + index * element_bytes();
    if (GetParam() == Element::float32) return *reinterpret_cast<const float*>(at);
    return widen(*reinterpret_cast<const Bfloat16*>(at));
  }

  std::string attention_bits(int32_t width, int64_t shift, int32_t heads = 2,
                             int32_t kv_heads = 1) {
    const int32_t row = (heads + 2 * kv_heads) * width;  // q, k, v
    const auto qkv = shifted(numbers(kRows * row), shift), scale = shifted(numbers(row), shift);
    const auto part = [&](int32_t first, int32_t count) {
      return FloatRows{qkv.data() + shift + first * width, row, count * width,
                       scale.data() + shift + first * width};
    };
    const OnCard<float> unturned(rotations(width));
    const HeadRule rule = {heads, kv_heads, width, unturned.data()};
    const int32_t packed = packed_width(heads, kv_heads, width);
    const OnCard<char> rows(kRows * packed * element_bytes()), cache(packed * element_bytes()),
        out(kRows * heads * width * element_bytes());
    const OperandRows packed_rows = {rows.data(), packed, packed, GetParam()};
    const Wave wave(*this);
    pack_heads(wave.records(), rule, part(0, heads), part(heads, kv_heads),
               part(heads + kv_heads, kv_heads), packed_rows, nullptr);
    attention(wave.records(), rule, 1.5F, packed_rows, cache.data(),
              {out.data(), heads * width, heads * width, GetParam()}, nullptr);
    return out.bytes();
  }

  // x [R, channels], of the wave's taps_.
  std::string convolved_bits(const Wave& wave, const std::vector<float>& x,
                             const std::vector<float>& weight, int32_t channels, int32_t taps) {
    const OnCard<float> x_there(x), weight_there(weight);
    const OnCard<char> out(kRows * channels * element_bytes());
    convolve(wave.records(), {weight_there.data(), nullptr, taps, nullptr},
             {x_there.data(), channels, channels, nullptr},
             {out.data(), channels, channels, GetParam()}, nullptr);
    return out.bytes();
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
    const Operand xbc(GetParam(), numbers(kRows * row), shift);
    const OnCard<float> dt(numbers(kRows * heads)), rate({-0.5F, -0.1F, -2.0F}),
        ones(std::vector<float>(heads, 1.0F));
    const OnCard<float> state(heads * width * state_size), steps(kRows * heads),
        products(2 * kTileRows * kTileRows), sums(kRows * inner);
    const OnCard<double> decay(kRows * heads);
    ScanRule rule = {heads, width, state_size, 1, rate.data(), ones.data(), ones.data()};
    rule.dt_max = std::numeric_limits<float>::infinity();
    rule.layer_states = state.data();
    rule.log2_dt = steps.data();
    rule.log_decay = decay.data();
    rule.products = products.data();
    const OperandRows operands = {xbc.data(), row, row, GetParam()};
    const Wave wave(*this);
    time_steps(wave.records(), rule, {dt.data(), heads, heads, nullptr}, nullptr);
    scan_products(wave.records(), rule, operands, nullptr);
    scan_states(wave.records(), rule, operands, 0, 1, nullptr);
    if (gated) {
      const auto z = shifted(numbers(kRows * inner), shift);
      const OnCard<char> out(kRows * inner * element_bytes());
      scan_gated_outputs(wave.records(), rule, operands, {z.data() + shift, inner, inner, nullptr},
                         1.5F, {out.data(), inner, inner, GetParam()}, nullptr);
      return out.bytes();
    }
    scan_outputs(wave.records(), rule, operands, {sums.data(), inner, inner, nullptr}, nullptr);
    return sums.bytes();
  }

  std::vector<int32_t> until_, parent_, taps_, spoiled_ = std::vector<int32_t>(kRows);

 private:
  static std::vector<int32_t> positions() {
    std::vector<int32_t> all(kRows);
    std::iota(all.begin(), all.end(), 0);
    return all;
  }
  // Of both tiles, one after the other.
  static std::vector<KeyRecord> keys() {
    std::vector<KeyRecord> all;
    for (const int32_t seen : {kFirst, kRows}) {
      for (int32_t r = 0; r < seen; ++r) all.push_back({r, kRows});
    }
    return all;
  }
};

inline std::string element_name(const testing::TestParamInfo<Element>& element) {
  return element.param == Element::float32 ? "float32" : "bfloat16";
}

}  // namespace e2lm::cuda
