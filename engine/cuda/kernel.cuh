#pragma once

// What every kernel file needs: the launch, and what the threads of a warp and of a block do
// together. Kernels use CUDA's own names; tests compile them for the host with an emulator that
// gives these names a meaning there (tests/support/cuda_emulator).

#ifndef E2LM_CUDA_EMULATED
#include <cuda_runtime.h>
#endif

#include <cstdint>

#include "engine/cuda/bfloat16.h"
#include "engine/cuda/device.h"

namespace e2lm::cuda {

constexpr int kWarp = 32;
constexpr unsigned kAllLanes = 0xffffffffU;
constexpr float kLog2E = 1.44269504F;  // exponentials are powers of two in hardware

#ifndef E2LM_CUDA_EMULATED

// The block's shared memory of a size chosen at launch, 16-byte aligned.
template <class T>
__device__ inline T* dynamic_shared() {
  extern __shared__ __align__(16) unsigned char e2lm_dynamic_shared[];
  return reinterpret_cast<T*>(e2lm_dynamic_shared);
}

// Neighbouring values moved at once; `at` is a multiple of their size. Here and in store_aligned
// the emulator looks whether it is.
template <class V>
__device__ inline V load_aligned(const void* at) {
  return *static_cast<const V*>(at);
}

template <class V>
__device__ inline void store_aligned(void* at, const V& value) {
  *static_cast<V*>(at) = value;
}

// Every launch goes through here: large shared memory is asked for, a refused launch is an Error
// with the kernel's name. A grid without blocks is no launch.
template <class... P, class... A>
void launch(void (*kernel)(P...), const char* name, Grid grid, int threads, size_t shared_bytes,
            Stream stream, A... arguments) {
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
  constexpr size_t kAlwaysThere = 48 << 10;
  if (shared_bytes > kAlwaysThere) {
    check(cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                               cudaFuncAttributeMaxDynamicSharedMemorySize,
                               static_cast<int>(shared_bytes)),
          name);
  }
  kernel<<<dim3(grid.x, grid.y, grid.z), threads, shared_bytes, stream>>>(
      static_cast<P>(arguments)...);
  check(cudaGetLastError(), name);
}

#endif

// Sum and maximum over the lanes of a warp, the same in every lane.
__device__ inline float warp_sum(float value) {
  for (int step = kWarp / 2; step > 0; step /= 2) value += __shfl_xor_sync(kAllLanes, value, step);
  return value;
}

__device__ inline float warp_max(float value) {
  for (int step = kWarp / 2; step > 0; step /= 2) {
    value = fmaxf(value, __shfl_xor_sync(kAllLanes, value, step));
  }
  return value;
}

// 2 to the power of x in one instruction, where exp2f takes four to have numbers below the smallest
// normal one, too: here they are 0.
__device__ inline float power_of_two(float x) {
#ifdef __CUDA_ARCH__
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
#else
  constexpr float kSmallestNormal = -126.0F;  // its logarithm
  return x < kSmallestNormal ? 0.0F : exp2f(x);
#endif
}

// 1 / x likewise: exact but for the last bit, 0 for numbers too large to have a normal reciprocal.
__device__ inline float reciprocal(float x) {
#ifdef __CUDA_ARCH__
  float result;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
#else
  return 1.0F / x;
#endif
}

// Off by less than 2^-21 of x.
__device__ inline float silu(float x) {
  return x * reciprocal(1.0F + power_of_two(-kLog2E * x));
}

// Four neighbouring values, moved at once. `at` is a multiple of four values from aligned memory.
struct Four {
  float v[4];
};

__device__ inline Four load_four(const float* at) {
  const auto f = load_aligned<float4>(at);
  return {{f.x, f.y, f.z, f.w}};
}

__device__ inline void store_four(float* at, const Four& f) {
  store_aligned(at, make_float4(f.v[0], f.v[1], f.v[2], f.v[3]));
}

__device__ inline Four load_four(const Bfloat16* at) {
  const auto f = load_aligned<uint2>(at);
  return {{widen(Bfloat16{static_cast<uint16_t>(f.x)}),
           widen(Bfloat16{static_cast<uint16_t>(f.x >> 16)}),
           widen(Bfloat16{static_cast<uint16_t>(f.y)}),
           widen(Bfloat16{static_cast<uint16_t>(f.y >> 16)})}};
}

// Two values as bfloat16 in one word, the first in its lower half.
__device__ inline uint32_t pack_two(float low, float high) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  uint32_t both;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
  return both;
#else
  return narrow<Bfloat16>(low).bits | static_cast<uint32_t>(narrow<Bfloat16>(high).bits) << 16;
#endif
}

__device__ inline void store_four(Bfloat16* at, const Four& f) {
  uint2 packed;
  packed.x = pack_two(f.v[0], f.v[1]);
  packed.y = pack_two(f.v[2], f.v[3]);
  store_aligned(at, packed);
}

// Two neighbouring values likewise.
__device__ inline void store_two(float* at, float left, float right) {
  store_aligned(at, float2{left, right});
}

__device__ inline void store_two(Bfloat16* at, float left, float right) {
  store_aligned(at, pack_two(left, right));
}

// Whether x is finite, also when rounded to T.
template <class T>
__device__ inline bool stays_finite(float x) {
  return fabsf(x) <= (sizeof(T) == sizeof(Bfloat16) ? 0x1.fefffep127F : 0x1.fffffep127F);
}

// A row of rows that lie `stride_bytes` apart, in one multiply-add.
template <class T>
__device__ inline const T* row_of(const T* first, int row, int stride_bytes) {
  return reinterpret_cast<const T*>(reinterpret_cast<const char*>(first) +
                                    static_cast<int64_t>(row) * stride_bytes);
}

template <class T>
__device__ inline int stride_bytes(int64_t stride) {
  return static_cast<int>(stride) * static_cast<int>(sizeof(T));
}

// The column of all pieces that a thread handles of a tile whose rows are kColumns wide.
template <int kColumns, int kValues>
__device__ inline int piece_column() {
  return static_cast<int>(threadIdx.x % (kColumns / kValues) * kValues);
}

// A thread's share of a tile [kRows, kColumns] in pieces of kValues neighbours: act(row, column).
template <int kRows, int kColumns, int kValues, int kThreads, class Act>
__device__ inline void for_each_piece(const Act& act) {
  constexpr unsigned kPerRow = kColumns / kValues, kStep = kThreads / kPerRow;
  static_assert(kThreads % kPerRow == 0 && kRows % kStep == 0, "all threads have as many");
  constexpr int kPieces = kRows / kStep;
  const int first = static_cast<int>(threadIdx.x / kPerRow);
  const int column = piece_column<kColumns, kValues>();
#pragma unroll(kPieces <= 8 ? kPieces : 4)
  for (int piece = 0; piece < kPieces; ++piece) {
    act(first + piece * static_cast<int>(kStep), column);
  }
}

// Values [0, kCount) from `at`, four at once or one by one: what width and alignment allow.
template <int kCount, class T>
__device__ inline Four load_some(const T* at) {
  if constexpr (kCount == 4) return load_four(at);
  return {{widen(*at), 0, 0, 0}};
}

template <int kCount, class T>
__device__ inline void store_some(T* at, const Four& f) {
  if constexpr (kCount == 4) {
    store_four(at, f);
  } else {
    *at = narrow<T>(f.v[0]);
  }
}

// The same of columns [column, column + kCount) of a row, times their scale.
template <int kCount>
__device__ inline Four load_scaled(const float* row, const float* scale, int32_t column) {
  Four x = load_some<kCount>(row + column);
  if (scale) {
    const Four by = load_some<kCount>(scale + column);
    for (int i = 0; i < kCount; ++i) x.v[i] *= by.v[i];
  }
  return x;
}

}  // namespace e2lm::cuda
