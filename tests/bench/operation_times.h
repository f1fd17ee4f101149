#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/backend.h"
#include "engine/checkpoint.h"
#include "engine/model.h"

namespace e2lm {

struct OperationTime {
  std::string operation;  // of Backend
  int64_t calls = 0;
  double seconds = 0;
};

struct OperationTimes {
  std::vector<OperationTime> operations;  // in the order in which they were first called
  std::vector<TargetScore> scores;        // of the tree's targets
};

// Where the time goes: a checkpoint's operations, each for itself, from when the device has done
// all before it to when it has done this one.
class OperationTimer {
 public:
  // `wait` returns when the device has done what it was given. Both must outlive the timer.
  OperationTimer(const Checkpoint& checkpoint, Backend& backend, std::function<void()> wait);
  ~OperationTimer();

  int64_t vocabulary() const { return model_->vocabulary(); }

  // Of the last of so many passes over a tree's requests; those before it warm up.
  OperationTimes time(const PrefixTree& tree, int passes);

 private:
  class TimedBackend;
  std::unique_ptr<TimedBackend> timed_;
  std::unique_ptr<Model> model_;
};

}  // namespace e2lm
