#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "engine/backend.h"
#include "engine/checkpoint.h"

namespace e2lm {

// A checkpoint's weights on a device and the forward pass through them.
class Model {
 public:
  virtual ~Model() = default;

  virtual const StateShape& shape() const = 0;
  virtual int64_t vocabulary() const = 0;
  virtual int64_t max_positions() const = 0;             // longest input the model was made for
  virtual int64_t activation_bytes_per_row() const = 0;  // what a row of a wave needs

  // Allocates activations for waves of up to `rows` rows; gives them back.
  virtual void prepare(int64_t rows) = 0;
  virtual void release() = 0;

  // Runs one wave: scores[i] is that of the wave's i-th target.
  virtual void forward(const Wave& wave, std::span<TargetScore> scores) = 0;
};

// A model family: how a config.json with this `model_type` becomes a Model. To add one, write its
// file in families/ and name it in families/table.cc.
struct Family {
  std::string_view model_type;
  // Throws Error naming the config key or the tensor that is missing, surplus or of another shape.
  std::unique_ptr<Model> (*bind)(const Checkpoint& checkpoint, Backend& backend);
};

std::span<const Family> families();

// The family of a checkpoint. Throws Error listing the known ones if its model_type is none.
const Family& family_of(const Checkpoint& checkpoint);

}  // namespace e2lm
