// Kernels of one mistake each, or of none, for the emulated card. In all of them thread t, of two
// warps, stores at t and reads what another has stored.

#include "engine/cuda/kernel.cuh"
#include "engine/cuda/pipeline.cuh"
#include "tests/engine/cuda_accesses_kernels.h"

namespace e2lm::cuda {
namespace {

constexpr int kThreads = 2 * kWarp;

template <int kBetween>
__global__ void read_partner(float* out, int distance) {
  auto* shared = dynamic_shared<float>();
  const auto t = static_cast<int>(threadIdx.x);
  shared[t] = static_cast<float>(t);
  if (kBetween == static_cast<int>(Between::shuffle)) __shfl_xor_sync(kAllLanes, t, 1);
  if (kBetween == static_cast<int>(Between::warp_barrier)) __syncwarp();
  if (kBetween == static_cast<int>(Between::block_barrier)) __syncthreads();
  out[t] = shared[t ^ distance];
}

__global__ void replace_partner(float* out) {
  auto* shared = dynamic_shared<float>();
  const auto t = static_cast<int>(threadIdx.x);
  shared[t] = static_cast<float>(t);
  __syncthreads();
  out[t] = shared[t ^ 1];
  shared[t] = 0;
}

__global__ void send_to_partner(float* out) {
  auto* shared = dynamic_shared<float>();
  const auto t = static_cast<int>(threadIdx.x);
  shared[t] = static_cast<float>(t);
  __syncthreads();
  const float partner = shared[t ^ kWarp];
  send<4>(shared + t, out + t, true);
  end_batch();
  wait_for_batches<0>();
  __syncthreads();
  out[t] = partner;
}

__global__ void store_in_all_blocks(float* out, float more) {
  if (threadIdx.x == 0) out[0] = 1 + more * static_cast<float>(blockIdx.x);
}

__global__ void read_one(const float* from, float* out) {
  out[threadIdx.x] = *from;
}

}  // namespace

void run_read_partner(float* out, Between between, int distance) {
  const auto run = [&](auto kernel) {
    launch(kernel, "read_partner", Grid{1}, kThreads, kThreads * sizeof(float), nullptr, out,
           distance);
  };
  switch (between) {
    case Between::nothing:
      return run(read_partner<0>);
    case Between::shuffle:
      return run(read_partner<1>);
    case Between::warp_barrier:
      return run(read_partner<2>);
    case Between::block_barrier:
      return run(read_partner<3>);
  }
}

void run_replace_partner(float* out) {
  launch(replace_partner, "replace_partner", Grid{1}, kThreads, kThreads * sizeof(float), nullptr,
         out);
}

void run_send_to_partner(float* out) {
  launch(send_to_partner, "send_to_partner", Grid{1}, kThreads, kThreads * sizeof(float), nullptr,
         out);
}

void run_store_in_all_blocks(float* out, float more) {
  launch(store_in_all_blocks, "store_in_all_blocks", Grid{3}, kThreads, 0, nullptr, out, more);
}

void run_read_one(const float* from, float* out) {
  launch(read_one, "read_one", Grid{1}, kThreads, 0, nullptr, from, out);
}

}  // namespace e2lm::cuda
