#include "tests/support/cuda_emulator/emulator.h"

#include <algorithm>
#include <boost/context/fiber.hpp>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tests/support/cuda_emulator/accesses.h"

namespace e2lm::emulator {

Index thread_index, block_index, block_size;
Behaviour behaviour;
std::atomic<bool> lost = false;

namespace {

constexpr size_t kStackBytes = 256 << 10;
constexpr int kWarpLanes = 32;

enum class Status { ready, at_block, at_warp, done };

struct Copy {
  void* to;
  const void* from;  // null for zeros
  size_t bytes;

  void make() const {
    if (from) {
      std::memcpy(to, from, bytes);
    } else {
      std::memset(to, 0, bytes);
    }
  }
};

// Stacks are used again by the next block's fibers.
struct Fiber {
  boost::context::fiber context;    // where to go on, while it does not run
  boost::context::fiber scheduler;  // where to go back, while it runs
  std::unique_ptr<char[]> stack = std::make_unique<char[]>(kStackBytes);
  Index index;
  Accessor accessor;
  bool in_kernel = false;  // and no longer taking its arguments
  Status status = Status::done;
  int exchanges = 0;                      // so far in this block: their parity names the buffer
  std::vector<Copy> sent;                 // in the batch that has not ended
  std::deque<std::vector<Copy>> batches;  // that have not come, the earliest first
};

// The fiber library neither takes nor frees stacks.
struct OwnStack {
  static boost::context::stack_context allocate() { return {}; }
  static void deallocate(boost::context::stack_context&) {}
};

struct Warp {
  WarpValues values[2];
};

// A type of this file alone: the linker would take std::shuffle of another from tests, which are
// not optimised.
struct Random : std::minstd_rand {
  using std::minstd_rand::minstd_rand;
};

// One block at a time, on the calling thread.
class Machine {
 public:
  void run_block(int threads, size_t shared_bytes, const std::function<void()>& kernel,
                 const char* name) {
    kernel_ = &kernel;
    shared_.assign((shared_bytes + sizeof(Chunk) - 1) / sizeof(Chunk), Chunk{});
    if (shared_bytes > 0) std::memset(shared_.data(), 0xff, shared_.size() * sizeof(Chunk));
    watch_shared(shared_.data(), shared_bytes);
    ++blocks_;
    while (std::ssize(fibers_) < threads) fibers_.push_back(std::make_unique<Fiber>());
    warps_.resize((threads + kWarpLanes - 1) / kWarpLanes);
    for (int t = 0; t < threads; ++t) start(*fibers_[t], t);
    std::vector<Fiber*> order;
    for (int t = 0; t < threads; ++t) order.push_back(fibers_[t].get());
    for (;;) {
      std::shuffle(order.begin(), order.end(), random_);
      for (Fiber* fiber : order) {
        if (fiber->status == Status::ready) resume(*fiber);
      }
      if (!release(threads, name)) return;
    }
  }

  void begin_launch(const char* name) { emulator::begin_launch(name, blocks_); }
  void begin_kernel() {
    running_->in_kernel = true;
    watch_accesses_of(&running_->accessor);
  }

  void block_barrier() {
    wait(Status::at_block);
    ++running_->accessor.now.step;
  }

  void warp_barrier() {
    wait(Status::at_warp);
    ++running_->accessor.now.warp_step;
  }

  const WarpValues& exchange(const void* mine, size_t bytes) {
    Fiber& fiber = *running_;
    Warp& warp = warps_[fiber.index.x / kWarpLanes];
    WarpValues& values = warp.values[fiber.exchanges++ % 2];
    if (bytes > 0) std::memcpy(values.lanes[fiber.index.x % kWarpLanes].bytes.data(), mine, bytes);
    wait(Status::at_warp);
    return values;
  }

  void send_later(const Copy& copy) {
    note(copy);
    running_->sent.push_back(copy);
  }

  void end_batch() {
    running_->batches.push_back(std::move(running_->sent));
    running_->sent.clear();
  }

  void wait_for_batches(int later) {
    auto& batches = running_->batches;
    for (; std::ssize(batches) > later; batches.pop_front()) {
      for (const Copy& copy : batches.front()) {
        note(copy);
        copy.make();
      }
    }
  }

  void* shared() { return shared_.data(); }
  Random& random() { return random_; }

 private:
  struct alignas(16) Chunk {
    std::byte bytes[16];
  };

  void wait(Status at) {
    Fiber& fiber = *running_;
    fiber.status = at;
    fiber.scheduler = std::move(fiber.scheduler).resume();
  }

  // A copy may be made at any time between its sending and the wait for it.
  static void note(const Copy& copy) {
    if (copy.from) note_read(copy.from, copy.bytes);
    note_write(copy.to, copy.bytes);
  }

  void start(Fiber& fiber, int thread) {
    fiber.index = {static_cast<unsigned>(thread), 0, 0};
    fiber.accessor = {.now = {.block = blocks_, .thread = static_cast<uint16_t>(thread)},
                      .stack = fiber.stack.get(),
                      .stack_bytes = kStackBytes};
    fiber.status = Status::ready;
    fiber.in_kernel = false;
    fiber.exchanges = 0;
    fiber.sent.clear();
    fiber.batches.clear();
    boost::context::stack_context stack;
    stack.size = kStackBytes;
    stack.sp = fiber.stack.get() + kStackBytes;
    const boost::context::preallocated room(stack.sp, stack.size, stack);
    fiber.context = boost::context::fiber(std::allocator_arg, room, OwnStack{},
                                          [this, &fiber](boost::context::fiber&& scheduler) {
                                            fiber.scheduler = std::move(scheduler);
                                            (*kernel_)();
                                            fiber.status = Status::done;
                                            return std::move(fiber.scheduler);
                                          });
  }

  void resume(Fiber& fiber) {
    running_ = &fiber;
    thread_index = fiber.index;
    if (fiber.in_kernel) watch_accesses_of(&fiber.accessor);
    fiber.context = std::move(fiber.context).resume();
    watch_accesses_of(nullptr);
  }

  // Lets go those who may; false when all are done.
  bool release(int threads, const char* name) {
    bool any = false, all_done = true, all_at_block = true;
    for (int first = 0; first < threads; first += kWarpLanes) {
      const int last = std::min(threads, first + kWarpLanes);
      const auto all_are = [&](Status status) {
        return std::all_of(fibers_.begin() + first, fibers_.begin() + last,
                           [status](const auto& f) { return f->status == status; });
      };
      if (all_are(Status::at_warp)) {
        set_ready(first, last);
        any = true;
      }
      all_done = all_done && all_are(Status::done);
      all_at_block = all_at_block && all_are(Status::at_block);
    }
    if (all_done) return false;
    if (all_at_block) {
      set_ready(0, threads);
      any = true;
    }
    if (!any) {
      std::fprintf(stderr, "kernel %s: some threads wait where others do not come\n", name);
      std::abort();
    }
    return true;
  }

  void set_ready(int first, int last) {
    for (int t = first; t < last; ++t) fibers_[t]->status = Status::ready;
  }

  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Warp> warps_;
  std::vector<Chunk> shared_;
  const std::function<void()>* kernel_ = nullptr;
  uint32_t blocks_ = 0;  // so far
  Fiber* running_ = nullptr;
  Random random_{20251121};
};

Machine& machine() {
  static Machine one;
  return one;
}

}  // namespace

void begin_kernel() {
  machine().begin_kernel();
}

void block_barrier() {
  machine().block_barrier();
}

void warp_barrier() {
  machine().warp_barrier();
}

const WarpValues& exchange(const void* mine, size_t bytes) {
  return machine().exchange(mine, bytes);
}

void send_later(void* to, const void* from, size_t bytes) {
  machine().send_later({to, from, bytes});
}

void end_batch() {
  machine().end_batch();
}

void wait_for_batches(int later) {
  machine().wait_for_batches(later);
}

void* shared_memory() {
  return machine().shared();
}

void check_alignment(const void* at, size_t bytes) {
  if (reinterpret_cast<uintptr_t>(at) % bytes == 0) return;
  std::fprintf(stderr, "%zu bytes are moved at once from an address that is not a multiple of it\n",
               bytes);
  std::abort();
}

void check_answers(const char* doing) {
  if (lost) cuda::fail("CUDA", std::string(doing) + ": an illegal memory access was encountered");
}

// The host does not hear of a fault before it waits for the device, or asks it for more.
void check_launch(const char* name) {
  check_answers(name);
  if (behaviour.faulty_kernel && std::string_view(name) == behaviour.faulty_kernel) lost = true;
  if (behaviour.failing_kernel && std::string_view(name) == behaviour.failing_kernel) {
    throw Error("CUDA", std::string(name) + ": an illegal memory access was encountered");
  }
}

void run(cuda::Grid grid, int threads, size_t shared_bytes, const std::function<void()>& kernel,
         const char* name) {
  // What the smallest card of the generation allows.
  const size_t shared_limit = (behaviour.major >= 8 ? 99 : 64) << 10;
  constexpr unsigned kGridSide = 65535;
  if (threads > 1024 || shared_bytes > shared_limit || grid.y > kGridSide || grid.z > kGridSide) {
    std::fprintf(stderr, "kernel %s: no card takes %d threads, %zu bytes, grid %u × %u × %u\n",
                 name, threads, shared_bytes, grid.x, grid.y, grid.z);
    std::abort();
  }
  block_size = {static_cast<unsigned>(threads), 1, 1};
  std::vector<Index> blocks;
  for (unsigned z = 0; z < grid.z; ++z) {
    for (unsigned y = 0; y < grid.y; ++y) {
      for (unsigned x = 0; x < grid.x; ++x) blocks.push_back({x, y, z});
    }
  }
  std::shuffle(blocks.begin(), blocks.end(), machine().random());
  machine().begin_launch(name);
  for (const Index& block : blocks) {
    block_index = block;
    machine().run_block(threads, shared_bytes, kernel, name);
  }
}

}  // namespace e2lm::emulator
