#pragma once

// Small products that one warp computes from shared memory, with sums in float32 registers. In
// bfloat16 they are the tensor cores' m16n8k16 (PTX ISA, "Matrix fragments for mma.m16n8k16"); in
// float32, and on cards without such cores, plain multiply-adds with the same layout of the sums,
// so that what surrounds them is written once.
//
// Layout: sums [16, kColumns] as acc[kColumns / 8][4]. Lane l = 4·g + t holds, of columns 8·j on,
//   acc[j][0], acc[j][1]   row g,     columns 8·j + 2·t and the one after
//   acc[j][2], acc[j][3]   row g + 8, the same columns

#include "engine/cuda/kernel.cuh"

#ifndef E2LM_CUDA_EMULATED

namespace e2lm::cuda {

// Four 8×8 matrices, whose rows start where lanes 0-7, 8-15, 16-23 and 24-31 point; lane l gets
// elements 2·(l%4) and the next of row l/4 of each, or with `transposed` of column l/4.
__device__ inline void load_matrices(uint32_t (&r)[4], const Bfloat16* row) {
#if __CUDA_ARCH__ >= 800
  const auto at = static_cast<uint32_t>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(at)
               : "memory");
#endif
}

__device__ inline void load_transposed(uint32_t (&r)[4], const Bfloat16* row) {
#if __CUDA_ARCH__ >= 800
  const auto at = static_cast<uint32_t>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(at)
               : "memory");
#endif
}

// acc += a [16, 16] · b [16, 8]
__device__ inline void multiply_add(float (&acc)[4], const uint32_t (&a)[4], uint32_t b0,
                                    uint32_t b1) {
#if __CUDA_ARCH__ >= 800
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(acc[0]), "+f"(acc[1]), "+f"(acc[2]), "+f"(acc[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#endif
}

}  // namespace e2lm::cuda

#if __CUDA_ARCH__ >= 800
#define E2LM_TENSOR_CORES
#endif

#else
#define E2LM_TENSOR_CORES
#endif

namespace e2lm::cuda {

// Elements from row to row of a tile in shared memory: 16 bytes more than its columns, so that the
// rows of an 8×8 matrix start in different banks.
template <class T>
constexpr int padded(int columns) {
  return columns + 16 / static_cast<int>(sizeof(T));
}

namespace tile {

// How an operand lies: as [its own rows or columns, inner], or as [inner, those].
enum class Lies { inner_last, inner_first };

// acc += a·b by multiply-adds. a [16, inner], b [inner, kColumns].
template <Lies kA, Lies kB, int kColumns, class T>
__device__ inline void multiply_plain(float (&acc)[kColumns / 8][4], const T* a, int a_stride,
                                      const T* b, int b_stride, int inner) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp, g = lane / 4, t = lane % 4;
  for (int i = 0; i < inner; ++i) {
    const auto at = [&](int row) {
      return widen(kA == Lies::inner_last ? a[row * a_stride + i] : a[i * a_stride + row]);
    };
    const float upper = at(g), lower = at(g + 8);
#pragma unroll
    for (int j = 0; j < kColumns / 8; ++j) {
      const int c = 8 * j + 2 * t;
      constexpr bool kByRows = kB == Lies::inner_last;
      const float left = widen(kByRows ? b[c * b_stride + i] : b[i * b_stride + c]);
      const float right = widen(kByRows ? b[(c + 1) * b_stride + i] : b[i * b_stride + c + 1]);
      acc[j][0] += upper * left;
      acc[j][1] += upper * right;
      acc[j][2] += lower * left;
      acc[j][3] += lower * right;
    }
  }
}

#ifdef E2LM_TENSOR_CORES
// `a` is kTiles tiles of 16 rows, each `a_apart` elements after the one before it: what is read of
// b serves all.
template <Lies kA, Lies kB, int kColumns, int kTiles>
__device__ inline void multiply_matrices(float (*acc)[kColumns / 8][4], const Bfloat16* a,
                                         int a_apart, int a_stride, const Bfloat16* b, int b_stride,
                                         int inner) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp, half = lane / 8 % 2, row = lane % 8;
  for (int i = 0; i < inner; i += 16) {
    uint32_t a_part[kTiles][4];
#pragma unroll
    for (int n = 0; n < kTiles; ++n) {
      const Bfloat16* at = a + n * a_apart;
      if constexpr (kA == Lies::inner_last) {
        load_matrices(a_part[n], at + (lane % 16) * a_stride + i + lane / 16 * 8);
      } else {
        load_transposed(a_part[n], at + (i + lane / 16 * 8 + row) * a_stride + half * 8);
      }
    }
#pragma unroll
    for (int j = 0; j < kColumns / 8; j += 2) {
      uint32_t b_part[4];  // of columns 8·j on the two halves of `inner`, then of the next eight
      const int column = 8 * j + lane / 16 * 8;
      if constexpr (kB == Lies::inner_last) {
        load_matrices(b_part, b + (column + row) * b_stride + i + half * 8);
      } else {
        load_transposed(b_part, b + (i + half * 8 + row) * b_stride + column);
      }
#pragma unroll
      for (int n = 0; n < kTiles; ++n) {
        multiply_add(acc[n][j], a_part[n], b_part[0], b_part[1]);
        multiply_add(acc[n][j + 1], a_part[n], b_part[2], b_part[3]);
      }
    }
  }
}
#endif

template <Lies kA, Lies kB, int kColumns, int kTiles, class T>
__device__ inline void multiply(float (*acc)[kColumns / 8][4], const T* a, int a_apart,
                                int a_stride, const T* b, int b_stride, int inner) {
#ifdef E2LM_TENSOR_CORES
  if constexpr (sizeof(T) == sizeof(Bfloat16)) {
    multiply_matrices<kA, kB, kColumns, kTiles>(acc, a, a_apart, a_stride, b, b_stride, inner);
    return;
  } else
#endif
  {
#pragma unroll
    for (int n = 0; n < kTiles; ++n) {
      multiply_plain<kA, kB, kColumns>(acc[n], a + n * a_apart, a_stride, b, b_stride, inner);
    }
  }
}

// acc += a·b, where a [16, kInner] lies as sums do. Lane 4·g + t of the warp has row g, columns
// 8·j + 2·t and the next.
template <int kInner, int kColumns, class T>
__device__ inline void multiply_sums_plain(float (&acc)[kColumns / 8][4],
                                           const float (&a)[kInner / 8][4], const T* b,
                                           int b_stride) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp, g = lane / 4, t = lane % 4;
#pragma unroll
  for (int i = 0; i < kInner; ++i) {
    const int owner = 4 * g + i % 8 / 2;
    const float upper = __shfl_sync(kAllLanes, a[i / 8][i % 2], owner);
    const float lower = __shfl_sync(kAllLanes, a[i / 8][2 + i % 2], owner);
#pragma unroll
    for (int j = 0; j < kColumns / 8; ++j) {
      const T* at = b + i * b_stride + 8 * j + 2 * t;
      const float left = widen(at[0]), right = widen(at[1]);
      acc[j][0] += upper * left;
      acc[j][1] += upper * right;
      acc[j][2] += lower * left;
      acc[j][3] += lower * right;
    }
  }
}

#ifdef E2LM_TENSOR_CORES
// Pairs of eight columns of sums are, rounded, what a lane holds of an operand a [16, 16].
template <int kInner, int kColumns, int kTiles>
__device__ inline void multiply_sums_matrices(float (*acc)[kColumns / 8][4],
                                              const float (*a)[kInner / 8][4], const Bfloat16* b,
                                              int b_stride) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp, half = lane / 8 % 2, row = lane % 8;
#pragma unroll
  for (int i = 0; i < kInner / 8; i += 2) {
    uint32_t a_part[kTiles][4];
#pragma unroll
    for (int n = 0; n < kTiles; ++n) {
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        const float* pair = a[n][i + k / 2] + k % 2 * 2;
        a_part[n][k] = pack_two(pair[0], pair[1]);
      }
    }
#pragma unroll
    for (int j = 0; j < kColumns / 8; j += 2) {
      uint32_t b_part[4];
      load_transposed(b_part, b + (8 * i + half * 8 + row) * b_stride + 8 * j + lane / 16 * 8);
#pragma unroll
      for (int n = 0; n < kTiles; ++n) {
        multiply_add(acc[n][j], a_part[n], b_part[0], b_part[1]);
        multiply_add(acc[n][j + 1], a_part[n], b_part[2], b_part[3]);
      }
    }
  }
}
#endif

template <int kInner, int kColumns, int kTiles, class T>
__device__ inline void multiply_sums(float (*acc)[kColumns / 8][4], const float (*a)[kInner / 8][4],
                                     const T* b, int b_stride) {
#ifdef E2LM_TENSOR_CORES
  if constexpr (sizeof(T) == sizeof(Bfloat16)) {
    multiply_sums_matrices<kInner, kColumns, kTiles>(acc, a, b, b_stride);
    return;
  } else
#endif
  {
#pragma unroll
    for (int n = 0; n < kTiles; ++n) {
      multiply_sums_plain<kInner, kColumns>(acc[n], a[n], b, b_stride);
    }
  }
}

}  // namespace tile

// acc += a [16, inner] · b [kColumns, inner]ᵀ. `inner` is a multiple of 16, kColumns too; strides
// are padded<T>(..). Of kTiles such a, `a_apart` elements from one to the next, b is read once.
template <int kColumns, int kTiles, class T>
__device__ inline void multiply_by_rows(float (&acc)[kTiles][kColumns / 8][4], const T* a,
                                        int a_apart, int a_stride, const T* b, int b_stride,
                                        int inner) {
  using tile::Lies;
  tile::multiply<Lies::inner_last, Lies::inner_last, kColumns, kTiles>(acc, a, a_apart, a_stride, b,
                                                                       b_stride, inner);
}
template <int kColumns, class T>
__device__ inline void multiply_by_rows(float (&acc)[kColumns / 8][4], const T* a, int a_stride,
                                        const T* b, int b_stride, int inner) {
  using tile::Lies;
  tile::multiply<Lies::inner_last, Lies::inner_last, kColumns, 1>(&acc, a, 0, a_stride, b, b_stride,
                                                                  inner);
}

// acc += a [16, inner] · b [inner, kColumns]
template <int kColumns, class T>
__device__ inline void multiply_by_columns(float (&acc)[kColumns / 8][4], const T* a, int a_stride,
                                           const T* b, int b_stride, int inner) {
  using tile::Lies;
  tile::multiply<Lies::inner_last, Lies::inner_first, kColumns, 1>(&acc, a, 0, a_stride, b,
                                                                   b_stride, inner);
}

// acc += a [16, kInner] · b [kInner, kColumns], a in registers as sums are: rounded to bfloat16
// where b is. kInner is a multiple of 16 there, else of 8. Of kTiles such a, b is read once.
template <int kInner, int kColumns, int kTiles, class T>
__device__ inline void multiply_sums(float (&acc)[kTiles][kColumns / 8][4],
                                     const float (&a)[kTiles][kInner / 8][4], const T* b,
                                     int b_stride) {
  tile::multiply_sums<kInner, kColumns, kTiles>(acc, a, b, b_stride);
}
template <int kInner, int kColumns, class T>
__device__ inline void multiply_sums(float (&acc)[kColumns / 8][4], const float (&a)[kInner / 8][4],
                                     const T* b, int b_stride) {
  tile::multiply_sums<kInner, kColumns, 1>(&acc, &a, b, b_stride);
}

// acc += a [inner, 16]ᵀ · b [inner, kColumns]
template <int kColumns, class T>
__device__ inline void multiply_transposed(float (&acc)[kColumns / 8][4], const T* a, int a_stride,
                                           const T* b, int b_stride, int inner) {
  using tile::Lies;
  tile::multiply<Lies::inner_first, Lies::inner_first, kColumns, 1>(&acc, a, 0, a_stride, b,
                                                                    b_stride, inner);
}

// Where in the sums a lane's values lie.
struct LanePlace {
  int row;     // of acc[j][0] and [1]; [2] and [3] are eight below
  int column;  // of acc[0][0]; acc[j] is 8·j to the right
};

__device__ inline LanePlace lane_place() {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  return {lane / 4, lane % 4 * 2};
}

}  // namespace e2lm::cuda
