#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backend.h"
#include "engine/checkpoint.h"

namespace e2lm {

// Takes tensors out of a checkpoint by name and shape, and knows in the end which were left over.
// Messages name the folder, the tensor, what it is and what it should be.
class Binder {
 public:
  explicit Binder(const Checkpoint& checkpoint) : checkpoint_(checkpoint) {}

  // A tensor of exactly this shape.
  const Tensor& tensor(const std::string& name, std::vector<int64_t> shape);

  // Its values in float32.
  std::vector<float> values(const std::string& name, std::vector<int64_t> shape);

  // name.weight [outputs, inputs] and, with `bias`, name.bias [outputs].
  HostMatrix linear(const std::string& name, int64_t outputs, int64_t inputs, bool bias);

  // The head [V, D]; `tied`, that is the token embeddings, and a head of its own that the files may
  // hold must have the same numbers: old readers pass over another one, new ones take it.
  HostMatrix head(int64_t vocabulary, int64_t width, bool tied);

  // Files may hold tensors that follow from others (a rotation table): passes over those whose name
  // ends so.
  void ignore(std::string_view suffix);

  // The backend has its own copy of what was taken so far: the pages of the files that hold it may
  // go. Called after every layer, loading takes the memory of the weights once, not twice.
  void release_pages() const { checkpoint_.release_pages(); }

  // Throws if the checkpoint holds a tensor that nobody took.
  void finish() const;

 private:
  // For messages: programs that train save tensors under names with more or fewer parts.
  std::string like(std::string_view name) const;

  const Checkpoint& checkpoint_;
  std::set<std::string, std::less<>> taken_;
};

// One product for several with the same input: outputs one below the other.
HostMatrix stack_outputs(std::vector<HostMatrix> parts);

// One product for a sum of several: x = [x1 | x2 ..], W = [W1 | W2 ..], biases added up.
// REQUIRES: no part has a scale.
HostMatrix stack_inputs(std::vector<HostMatrix> parts);

// Multiplies outputs [first, first + count) by `weight` and their bias by `bias`, as epilogue: the
// weights themselves are never rounded again.
void scale_outputs(HostMatrix& matrix, int64_t first, int64_t count, double weight, double bias);

}  // namespace e2lm
