#pragma once

// Launchers of cuda_accesses_kernels.cu. `out` has a float for each of 64 threads.

namespace e2lm::cuda {

// What stands between a thread's store and its read of what thread t ^ distance stored.
enum class Between { nothing, shuffle, warp_barrier, block_barrier };
void run_read_partner(float* out, Between between, int distance);

// Stores where another thread reads in the same step; by itself, or with a copy that goes on.
void run_replace_partner(float* out);
void run_send_to_partner(float* out);

// Block b stores 1 + b·more, all at the same place.
void run_store_in_all_blocks(float* out, float more);

void run_read_one(const float* from, float* out);

}  // namespace e2lm::cuda
