#include <algorithm>
#include <cstring>

#include "base/parallel.h"
#include "engine/cuda/bfloat16.h"
#include "engine/cuda/product.h"

namespace e2lm::cuda {
namespace {

constexpr int64_t kPartBytes = int64_t{16} << 20;

int64_t element_bytes(Element element) {
  return element == Element::float32 ? sizeof(float) : sizeof(Bfloat16);
}

// Two pieces of host memory by turns: one is filled while the other is on its way.
class Ferry {
 public:
  explicit Ferry(Stream stream, int64_t part_bytes) : stream_(stream) {
    for (Side& side : sides_) side.memory = PinnedMemory(part_bytes);
  }

  // Memory that the device has read by now.
  void* next() {
    turn_ = 1 - turn_;
    sides_[turn_].passed.wait();
    return sides_[turn_].memory.as<void>();
  }

  void send(Pitched to, int64_t row_bytes, int64_t rows) {
    Side& side = sides_[turn_];
    copy_rows_to_device(to, side.memory.as<void>(), row_bytes, rows, stream_);
    side.passed.record(stream_);
  }

  void finish() {
    for (Side& side : sides_) side.passed.wait();
  }

 private:
  struct Side {
    PinnedMemory memory;
    Event passed;
  };
  Stream stream_;
  Side sides_[2];
  int turn_ = 0;
};

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

// A tensor [outputs, inputs] into a matrix on the device whose rows lie to.pitch bytes apart.
void send_tensor(const Tensor& tensor, Element element, Pitched to, Stream stream) {
  const int64_t rows = tensor.shape[0], width = tensor.elements() / rows;
  const int64_t row_bytes = width * element_bytes(element);
  const int64_t part_rows = std::clamp<int64_t>(kPartBytes / row_bytes, 1, rows);
  Ferry ferry(stream, part_rows * row_bytes);
  for (int64_t first = 0; first < rows; first += part_rows) {
    const int64_t count = std::min(part_rows, rows - first);
    auto* part = static_cast<std::byte*>(ferry.next());
    constexpr int64_t kRowGrain = 64;
    parallel_for(available_threads(), count, kRowGrain, [&](int64_t begin, int64_t end) {
      convert(tensor, (first + begin) * width, (end - begin) * width, element,
              part + begin * row_bytes);
    });
    ferry.send({static_cast<std::byte*>(to.data) + first * to.pitch, to.pitch}, row_bytes, count);
  }
  ferry.finish();
}

DeviceMemory upload_floats(const std::vector<float>& values, Stream stream) {
  DeviceMemory memory(std::ssize(values) * static_cast<int64_t>(sizeof(float)));
  if (values.empty()) return memory;
  copy_to_device(memory.as<void>(), values.data(), memory.bytes(), stream);
  Event passed;
  passed.record(stream);
  passed.wait();
  return memory;
}

}  // namespace

std::unique_ptr<DeviceMatrix> upload_matrix(const HostMatrix& host, Element element,
                                            Stream stream) {
  constexpr int64_t kOutputsGrain = 8;
  auto matrix = std::make_unique<DeviceMatrix>();
  matrix->outputs = host.outputs;
  matrix->inputs = host.inputs;
  matrix->element = element;
  matrix->padded_outputs = (host.outputs + kOutputsGrain - 1) / kOutputsGrain * kOutputsGrain;
  const int64_t row_bytes = host.inputs * element_bytes(element);
  matrix->weights = DeviceMemory(matrix->padded_outputs * row_bytes);
  for (const HostMatrix::Block& block : host.blocks) {
    std::byte* corner = matrix->weights.as<std::byte>() + block.first_output * row_bytes +
                        block.first_input * element_bytes(element);
    send_tensor(*block.tensor, element, {corner, row_bytes}, stream);
  }
  const auto differs = [&](float scale) { return scale != host.scale.front(); };
  if (std::any_of(host.scale.begin(), host.scale.end(), differs)) {
    matrix->scale = upload_floats(host.scale, stream);
  } else if (!host.scale.empty()) {
    matrix->alpha = host.scale.front();
  }
  matrix->bias = upload_floats(host.bias, stream);
  return matrix;
}

std::unique_ptr<DeviceEmbedding> upload_embedding(const Tensor& table, Stream stream) {
  auto embedding = std::make_unique<DeviceEmbedding>();
  embedding->element = table.dtype == DType::bfloat16 ? Element::bfloat16 : Element::float32;
  const int64_t row_bytes = table.shape[1] * element_bytes(embedding->element);
  embedding->rows = DeviceMemory(table.shape[0] * row_bytes);
  send_tensor(table, embedding->element, {embedding->rows.as<void>(), row_bytes}, stream);
  return embedding;
}

}  // namespace e2lm::cuda
