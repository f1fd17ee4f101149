#include "engine/families/binder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>

#include "base/error.h"

namespace e2lm {

const Tensor& Binder::tensor(const std::string& name, std::vector<int64_t> shape) {
  const std::string where = checkpoint_.folder().string();
  const Tensor* found = checkpoint_.find(name);
  const std::string expected =
      fmt::format("the shape [{}] that config.json calls for", fmt::join(shape, ", "));
  if (!found) {
    throw Error(where, fmt::format("the tensor '{}' is missing{}", name, like(name)), expected);
  }
  if (found->shape != shape) {
    throw Error(where, fmt::format("the tensor '{}' is {}", name, found->describe()), expected);
  }
  taken_.insert(name);
  return *found;
}

std::string Binder::like(std::string_view name) const {
  const std::string_view own = name.substr(name.starts_with("model.") ? 6 : 0);
  for (const Tensor* tensor : checkpoint_.tensors()) {
    if (tensor->name.ends_with(own)) return fmt::format(", there is a '{}'", tensor->name);
  }
  return "";
}

std::vector<float> Binder::values(const std::string& name, std::vector<int64_t> shape) {
  const Tensor& found = tensor(name, std::move(shape));
  std::vector<float> values(found.elements());
  read_floats(found, 0, values);
  return values;
}

HostMatrix Binder::linear(const std::string& name, int64_t outputs, int64_t inputs, bool bias) {
  HostMatrix matrix{.outputs = outputs, .inputs = inputs};
  matrix.blocks = {{&tensor(name + ".weight", {outputs, inputs})}};
  if (bias) matrix.bias = values(name + ".bias", {outputs});
  return matrix;
}

namespace {

bool same_numbers(const Tensor& a, const Tensor& b) {
  if (a.dtype == b.dtype) return std::ranges::equal(a.bytes, b.bytes);
  std::vector<float> row_of_a(a.shape.back()), row_of_b(row_of_a.size());
  for (int64_t first = 0; first < a.elements(); first += std::ssize(row_of_a)) {
    read_floats(a, first, row_of_a);
    read_floats(b, first, row_of_b);
    if (row_of_a != row_of_b) return false;
  }
  return true;
}

}  // namespace

HostMatrix Binder::head(int64_t vocabulary, int64_t width, bool tied) {
  if (!tied) return linear("lm_head", vocabulary, width, false);
  HostMatrix head = linear("model.embed_tokens", vocabulary, width, false);
  if (checkpoint_.find("lm_head.weight") &&
      !same_numbers(*head.blocks.front().tensor, tensor("lm_head.weight", {vocabulary, width}))) {
    throw Error(checkpoint_.folder().string(),
                "the tensor 'lm_head.weight' differs from 'model.embed_tokens.weight', although "
                "config.json says tie_word_embeddings",
                "no lm_head.weight, or tie_word_embeddings: false to score with it");
  }
  return head;
}

void Binder::ignore(std::string_view suffix) {
  for (const Tensor* tensor : checkpoint_.tensors()) {
    if (tensor->name.ends_with(suffix)) taken_.insert(tensor->name);
  }
}

void Binder::finish() const {
  for (const Tensor* tensor : checkpoint_.tensors()) {
    if (taken_.contains(tensor->name)) continue;
    throw Error(checkpoint_.folder().string(),
                fmt::format("the tensor '{}' {} has no place in a model of this config.json",
                            tensor->name, tensor->describe()));
  }
}

HostMatrix stack_outputs(std::vector<HostMatrix> parts) {
  HostMatrix stack{.inputs = parts.front().inputs};
  const auto has = [&parts](auto member) {
    return std::any_of(parts.begin(), parts.end(),
                       [member](const HostMatrix& part) { return !(part.*member).empty(); });
  };
  const bool scaled = has(&HostMatrix::scale), biased = has(&HostMatrix::bias);
  const auto append = [](std::vector<float>& to, const std::vector<float>& from, int64_t count,
                         float fallback) {
    if (from.empty()) {
      to.insert(to.end(), count, fallback);
    } else {
      to.insert(to.end(), from.begin(), from.end());
    }
  };
  for (const HostMatrix& part : parts) {
    assert(part.inputs == stack.inputs);
    for (HostMatrix::Block block : part.blocks) {
      block.first_output += stack.outputs;
      stack.blocks.push_back(block);
    }
    stack.outputs += part.outputs;
    if (scaled) append(stack.scale, part.scale, part.outputs, 1.0F);
    if (biased) append(stack.bias, part.bias, part.outputs, 0.0F);
  }
  return stack;
}

HostMatrix stack_inputs(std::vector<HostMatrix> parts) {
  HostMatrix stack{.outputs = parts.front().outputs};
  for (const HostMatrix& part : parts) {
    assert(part.outputs == stack.outputs && part.scale.empty());
    for (HostMatrix::Block block : part.blocks) {
      block.first_input += stack.inputs;
      stack.blocks.push_back(block);
    }
    stack.inputs += part.inputs;
    if (part.bias.empty()) continue;
    stack.bias.resize(stack.outputs);
    for (int64_t i = 0; i < stack.outputs; ++i) stack.bias[i] += part.bias[i];
  }
  return stack;
}

void scale_outputs(HostMatrix& matrix, int64_t first, int64_t count, double weight, double bias) {
  if (matrix.scale.empty()) matrix.scale.assign(matrix.outputs, 1.0F);
  for (int64_t i = first; i < first + count; ++i) {
    matrix.scale[i] = static_cast<float>(matrix.scale[i] * weight);
    if (!matrix.bias.empty()) matrix.bias[i] = static_cast<float>(matrix.bias[i] * bias);
  }
}

}  // namespace e2lm
