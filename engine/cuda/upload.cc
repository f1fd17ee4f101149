#include "engine/cuda/upload.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "engine/cuda/bfloat16.h"

namespace e2lm::cuda {
namespace {

constexpr int64_t kPartBytes = int64_t{16} << 20;
constexpr int64_t kOutputsGrain = 8;

int64_t padded(int64_t outputs) {
  return (outputs + kOutputsGrain - 1) / kOutputsGrain * kOutputsGrain;
}

Element embedding_element(const Tensor& table) {
  return table.dtype == DType::bfloat16 ? Element::bfloat16 : Element::float32;
}

// Elements [first, first + count) of a tensor as the device wants them.
void convert(const Tensor& tensor, int64_t first, int64_t count, Element element, void* out) {
  if (element == Element::bfloat16 && tensor.dtype == DType::bfloat16) {
    std::memcpy(out, tensor.bytes.data() + first * element_bytes(element),
                count * element_bytes(element));
  } else if (element == Element::float32) {
    read_floats(tensor, first, {static_cast<float*>(out), static_cast<size_t>(count)});
  } else {
    std::vector<float> values(count);
    read_floats(tensor, first, values);
    std::transform(values.begin(), values.end(), static_cast<Bfloat16*>(out), narrow<Bfloat16>);
  }
}

}  // namespace

// The side whose last part the device has read by now.
Uploader::Side& Uploader::next_side(int64_t bytes) {
  if (called_off_.stop_requested()) throw Error("checkpoint", "its upload was called off");
  turn_ = 1 - turn_;
  Side& side = sides_[turn_];
  side.passed.wait();
  if (side.memory.bytes() < bytes) side.memory = PinnedMemory(std::max(bytes, kPartBytes));
  return side;
}

void Uploader::finish() {
  for (Side& side : sides_) side.passed.wait();
}

// A tensor [outputs, inputs] into a matrix on the device whose rows lie to.pitch bytes apart.
void Uploader::send(const Tensor& tensor, Element element, Pitched to) {
  const int64_t rows = tensor.shape[0], width = tensor.elements() / rows;
  const int64_t row_bytes = width * element_bytes(element);
  const int64_t part_rows = std::clamp<int64_t>(kPartBytes / row_bytes, 1, rows);
  for (int64_t first = 0; first < rows; first += part_rows) {
    const int64_t count = std::min(part_rows, rows - first);
    Side& side = next_side(count * row_bytes);
    auto* part = side.memory.as<std::byte>();
    constexpr int64_t kRowGrain = 64;
    parallel_for(available_threads(), count, kRowGrain, [&](int64_t begin, int64_t end) {
      convert(tensor, (first + begin) * width, (end - begin) * width, element,
              part + begin * row_bytes);
    });
    const Pitched place = {static_cast<std::byte*>(to.data) + first * to.pitch, to.pitch};
    copy_rows_to_device(place, part, row_bytes, count, stream_);
    side.passed.record(stream_);
  }
}

DeviceMemory Uploader::floats(std::span<const float> values) {
  DeviceMemory memory(static_cast<int64_t>(values.size_bytes()));
  if (values.empty()) return memory;
  Side& side = next_side(memory.bytes());
  std::memcpy(side.memory.as<void>(), values.data(), values.size_bytes());
  copy_to_device(memory.as<void>(), side.memory.as<void>(), memory.bytes(), stream_);
  side.passed.record(stream_);
  return memory;
}

int64_t Uploader::matrix_bytes(const HostMatrix& host, Element element) {
  const auto floats = static_cast<int64_t>(host.scale.size() + host.bias.size());
  return padded(host.outputs) * host.inputs * element_bytes(element) +
         floats * static_cast<int64_t>(sizeof(float));
}

std::unique_ptr<DeviceMatrix> Uploader::matrix(const HostMatrix& host, Element element) {
  auto matrix = std::make_unique<DeviceMatrix>();
  matrix->outputs = host.outputs;
  matrix->inputs = host.inputs;
  matrix->element = element;
  matrix->padded_outputs = padded(host.outputs);
  const int64_t row_bytes = host.inputs * element_bytes(element);
  matrix->weights = DeviceMemory(matrix->padded_outputs * row_bytes);
  for (const HostMatrix::Block& block : host.blocks) {
    std::byte* corner = matrix->weights.as<std::byte>() + block.first_output * row_bytes +
                        block.first_input * element_bytes(element);
    send(*block.tensor, element, {corner, row_bytes});
  }
  const auto differs = [&](float scale) { return scale != host.scale.front(); };
  if (std::any_of(host.scale.begin(), host.scale.end(), differs)) {
    matrix->scale = floats(host.scale);
  } else if (!host.scale.empty()) {
    matrix->alpha = host.scale.front();
  }
  matrix->bias = floats(host.bias);
  finish();
  return matrix;
}

int64_t Uploader::embedding_bytes(const Tensor& table) {
  return table.elements() * element_bytes(embedding_element(table));
}

std::unique_ptr<DeviceEmbedding> Uploader::embedding(const Tensor& table) {
  auto embedding = std::make_unique<DeviceEmbedding>();
  embedding->element = embedding_element(table);
  const int64_t row_bytes = table.shape[1] * element_bytes(embedding->element);
  embedding->rows = DeviceMemory(table.shape[0] * row_bytes);
  send(table, embedding->element, {embedding->rows.as<void>(), row_bytes});
  finish();
  return embedding;
}

}  // namespace e2lm::cuda
