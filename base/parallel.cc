#include "base/parallel.h"

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/control_groups.h"

namespace e2lm {
namespace {

// Pieces of one call, taken by whoever is free.
struct Job {
  int64_t pieces;
  const std::function<void(int64_t)>& work;
  std::atomic<int64_t> next = 0;
  std::mutex failure_mutex = {};
  std::exception_ptr failure = {};
  int64_t failed = pieces;  // the first piece that did

  void run() {
    for (int64_t piece = next++; piece < pieces; piece = next++) {
      try {
        work(piece);
      } catch (...) {
        const std::lock_guard lock(failure_mutex);
        if (piece > failed) continue;
        failed = piece;
        failure = std::current_exception();
      }
    }
  }
};

// What a team is at, in one word: how many helpers are inside the job, whether more may come in,
// and the job's number.
struct State {
  static constexpr uint32_t kInside = 0x3ff, kOpen = 0x400, kNumber = 0x800;
  uint32_t word;

  uint32_t inside() const { return word & kInside; }
  bool open() const { return (word & kOpen) != 0; }
  uint32_t number() const { return word / kNumber; }
};

// Threads that wait for jobs, one job at a time. The caller works too, and waits at the end only
// for helpers that did come in: one that the scheduler keeps away holds nobody up.
class Team {
 public:
  ~Team() {
    stop_ = true;
    state_ += State::kNumber;
    state_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  // False, with nothing done, when the team has a job already.
  bool run(Job& job, int helpers) {
    const std::unique_lock lock(owner_, std::try_to_lock);
    if (!lock) return false;
    while (std::ssize(threads_) < helpers) threads_.emplace_back([this] { help(); });
    job_ = &job;
    helpers_ = static_cast<uint32_t>(helpers);
    state_ += State::kNumber | State::kOpen;
    state_.notify_all();
    job.run();
    state_ -= State::kOpen;
    await([](State state) { return state.inside() == 0; });
    return true;
  }

 private:
  // Looks out for a while before it sleeps: longer than the gap between two operations of a wave,
  // far shorter than a scheduler's time slice. OpenMP's own teams look out for milliseconds, which
  // makes a sweep beside one busy neighbour six times slower.
  template <typename Condition>
  State await(const Condition& condition) {
    constexpr int kLooks = 2000;
    while (true) {
      State state{};
      for (int look = 0; look < kLooks; ++look) {
        state = {state_.load(std::memory_order_acquire)};
        if (condition(state)) return state;
      }
      state_.wait(state.word);
    }
  }

  void help() {
    hold_libraries_to_one_thread();
    uint32_t last = 0;
    while (true) {
      State state = await([&](State now) { return stop_ || (now.open() && now.number() != last); });
      if (stop_) return;
      if (state.inside() < helpers_) {
        if (!state_.compare_exchange_strong(state.word, state.word + 1)) continue;
        job_->run();
        if (State{state_.fetch_sub(1)}.inside() == 1) state_.notify_all();
      }
      last = state.number();
    }
  }

  std::mutex owner_;
  std::vector<std::thread> threads_;
  Job* job_ = nullptr;
  std::atomic<uint32_t> helpers_ = 0;
  std::atomic<bool> stop_ = false;
  alignas(64) std::atomic<uint32_t> state_ = 0;
};

}  // namespace

void parallel_for(int threads, int64_t count, int64_t grain,
                  const std::function<void(int64_t, int64_t)>& work) {
  static Team team;
  hold_libraries_to_one_thread();
  const std::function<void(int64_t)> piece_work = [&](int64_t piece) {
    work(piece * grain, std::min(count, (piece + 1) * grain));
  };
  const int64_t pieces = (count + grain - 1) / grain;
  const auto helpers = static_cast<int>(std::clamp<int64_t>(pieces, 1, threads) - 1);
  Job job{pieces, piece_work};
  if (helpers == 0 || !team.run(job, helpers)) job.run();
  if (job.failure) std::rethrow_exception(job.failure);
}

void hold_libraries_to_one_thread() {
  omp_set_num_threads(1);
}

int available_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int some = ::sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
  static const std::optional<double> kQuota = ControlGroups().processors();
  return kQuota ? std::clamp(static_cast<int>(std::ceil(*kQuota)), 1, some) : some;
}

}  // namespace e2lm
