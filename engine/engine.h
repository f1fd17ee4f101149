#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "engine/checkpoint.h"
#include "engine/device_error.h"
#include "engine/precision.h"
#include "engine/prefix_tree.h"
#include "engine/request.h"

namespace e2lm {

enum class Device { cpu, cuda };

std::string_view device_name(Device device);

// A device as this machine and this build have it.
struct DeviceSummary {
  Device device = Device::cpu;
  std::string name;  // "cpu", "cuda:1"; "cuda" where there is no card
  bool there = false;
  std::string dtypes;  // those with fast products, "" where it is not there
  std::string what;    // which one, or why there is none
};
std::vector<DeviceSummary> list_devices();  // the processor, then every card

// Makes one card, counted as list_devices() does, the only one that this process sees. Throws Error
// if there are known to be fewer. REQUIRES: nothing was asked of a card yet, and no other thread
// runs.
void choose_card(int index);

struct EngineOptions {
  Device device = Device::cpu;
  std::optional<Precision> precision;  // none: see choose_precision
  int threads = 0;                     // 0: as many as the process may use
  int64_t memory_bytes = 0;            // 0: a share of what is free on the device
  int64_t wave_rows = 0;               // at most so many rows at once; 0: the schedule's own limit
  int64_t card_weight_bytes = 0;       // of a card's memory, for weights; 0: all that is free
  std::stop_token called_off = {};     // ends Engine::open on a card with an Error
};

// The threads that `options` allow.
int threads_of(const EngineOptions& options);

// The precision an engine opened with `options` has for weights stored as `stored`: the one asked
// for, else bfloat16 where the weights are stored so and the device has instructions for it, else
// float32.
Precision choose_precision(const EngineOptions& options, DType stored);

// Throws Error where the device or the precision that `options` ask for cannot be had, as
// Engine::open would for any checkpoint.
void check_device(const EngineOptions& options);

// What a score call did.
struct EngineStats {
  int64_t rows = 0;         // distinct prefixes computed
  int64_t scored_rows = 0;  // of them, with logits
  int64_t waves = 0;
  int64_t predicted_bytes = 0;  // peak, by the schedule's memory model
  double seconds = 0;
};

// The door of engine/: log-likelihoods of token requests under one checkpoint. No sampling.
//
// On the CPU a request's scores have the same bits whatever the other requests, their order, the
// number of threads, the memory limit, and whether prefixes are shared. On a card they have the
// same bits for the same requests, whatever their order and the memory limit.
class Engine {
 public:
  // Binds a checkpoint to a device. The checkpoint must outlive the engine. Throws Error if its
  // family or a part of it is unknown, or if the device or precision cannot be had.
  // On a card it may be opened on any thread, also while another engine scores.
  static std::unique_ptr<Engine> open(const Checkpoint& checkpoint, const EngineOptions& options);

  // What the checkpoint's weights take of a card's memory, at most.
  static int64_t card_weight_bytes(const Checkpoint& checkpoint, const EngineOptions& options);

  virtual ~Engine() = default;

  // Called with each request when its last score is known, in the tree's canonical order.
  using Sink = std::function<void(int32_t request, TokenScores scores)>;

  // Throws Error if a token is outside the vocabulary or a request is longer than the model's
  // positions; nothing is computed then. Throws Error if the checkpoint's files are written to
  // meanwhile, DeviceLost if the device fails for good; what the sink has is right. An exception
  // from the sink ends the call.
  virtual EngineStats score(const PrefixTree& tree, const Sink& sink) = 0;

  // What scoring the tree will allocate at once at most, besides the weights: exact sizes of all
  // that grows with the requests. Throws Error if the memory limit is too low.
  virtual int64_t working_bytes(const PrefixTree& tree) const = 0;

  // Leaves `bytes` of a card's memory to others, if waves of `trees` stay long enough then to lose
  // nothing by it. Otherwise, and always on the processor: false, and the engine may use all of it.
  // REQUIRES: nothing was scored yet. What is free is measured again: beside an engine that is gone
  // by now it was less.
  virtual bool leave_room(int64_t bytes, std::span<const PrefixTree* const> trees) {
    static_cast<void>(bytes), static_cast<void>(trees);
    return false;
  }

  virtual int64_t vocabulary() const = 0;
  virtual int64_t max_positions() const = 0;
};

// Scores a list of requests, results in their order.
std::vector<TokenScores> score_all(Engine& engine, std::span<const TokenRequest> requests);

}  // namespace e2lm
