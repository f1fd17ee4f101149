#include "engine/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "base/json.h"

namespace e2lm {
namespace {

static_assert(std::endian::native == std::endian::little, "tensor bytes are little-endian");

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the original library

std::optional<DType> dtype_named(std::string_view name) {
  for (const DType dtype : {DType::float32, DType::bfloat16, DType::float16}) {
    if (dtype_name(dtype) == name) return dtype;
  }
  return {};
}

// A whole number in [0, 2^62), or nothing: shapes and offsets.
std::optional<int64_t> count_of(const SortedJson& value) {
  if (!value.is_number_integer()) return {};
  const auto count = value.get<int64_t>();
  if (count < 0 || count >= int64_t{1} << 62) return {};
  return count;
}

// Reads the header's entries one by one; `where` names the file in every message.
class HeaderReader {
 public:
  HeaderReader(std::string where, std::span<const std::byte> data)
      : where_(std::move(where)), data_(data) {}

  Tensor read(const std::string& name, const SortedJson& entry) const {
    if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") ||
        !entry.contains("data_offsets")) {
      fail(name, "is not described", "an object with dtype, shape and data_offsets");
    }
    Tensor tensor{.name = name};
    const std::string dtype =
        entry["dtype"].is_string() ? entry["dtype"].get<std::string>() : entry["dtype"].dump();
    const auto known = dtype_named(dtype);
    if (!known) fail(name, fmt::format("has dtype {}", dtype), "F32, BF16 or F16");
    tensor.dtype = *known;
    tensor.shape = read_shape(name, entry["shape"]);
    tensor.bytes = read_bytes(name, entry["data_offsets"]);
    check_size(tensor);
    return tensor;
  }

  // Sorted by offset, each tensor begins where the one before it ends, and the last ends the file.
  void check_tiling(const std::vector<Tensor>& tensors) const {
    std::vector<const Tensor*> by_offset;
    for (const Tensor& tensor : tensors) by_offset.push_back(&tensor);
    std::sort(by_offset.begin(), by_offset.end(), [](const Tensor* a, const Tensor* b) {
      return std::pair(a->bytes.data(), a->bytes.size()) <
             std::pair(b->bytes.data(), b->bytes.size());
    });
    const std::byte* end = data_.data();
    for (const Tensor* tensor : by_offset) {
      if (tensor->bytes.data() < end) fail(tensor->name, "overlaps another tensor's bytes");
      if (tensor->bytes.data() > end) fail(tensor->name, "leaves a gap before its bytes");
      end = tensor->bytes.data() + tensor->bytes.size();
    }
    const auto unused = data_.data() + data_.size() - end;
    if (unused != 0) throw Error(where_, fmt::format("has {} bytes no tensor uses", unused));
  }

 private:
  [[noreturn]] void fail(const std::string& name, std::string_view what,
                         std::string_view expected = {}) const {
    throw Error(fmt::format("{}: tensor '{}'", where_, name), what, expected);
  }

  std::vector<int64_t> read_shape(const std::string& name, const SortedJson& list) const {
    std::vector<int64_t> shape;
    if (!list.is_array() || list.size() > 8) fail(name, "has no usable shape", "up to 8 sizes");
    for (const SortedJson& item : list) {
      const auto size = count_of(item);
      if (!size) fail(name, "has the size " + item.dump(), "a whole number");
      shape.push_back(*size);
    }
    return shape;
  }

  std::span<const std::byte> read_bytes(const std::string& name, const SortedJson& list) const {
    const auto begin = list.is_array() && list.size() == 2 ? count_of(list[0]) : std::nullopt;
    const auto end = begin ? count_of(list[1]) : std::nullopt;
    if (!begin || !end) fail(name, "has data_offsets " + list.dump(), "[begin, end]");
    if (*begin > *end || *end > std::ssize(data_)) {
      fail(name, fmt::format("has data_offsets [{}, {}]", *begin, *end),
           fmt::format("a range within the file's {} data bytes", data_.size()));
    }
    return data_.subspan(*begin, *end - *begin);
  }

  void check_size(const Tensor& tensor) const {
    int64_t bytes = dtype_bytes(tensor.dtype);
    for (const int64_t size : tensor.shape) {
      if (__builtin_mul_overflow(bytes, size, &bytes)) fail(tensor.name, "has an endless shape");
    }
    if (bytes != std::ssize(tensor.bytes)) {
      fail(tensor.name,
           fmt::format("has {} bytes of data for {}", tensor.bytes.size(), tensor.describe()),
           fmt::format("{} bytes", bytes));
    }
  }

  std::string where_;
  std::span<const std::byte> data_;
};

}  // namespace

SafetensorsFile SafetensorsFile::open(const Path& path) {
  SafetensorsFile result{MappedFile(path)};
  const auto bytes = result.file_.bytes();
  const std::string where = path.string();
  const std::string_view characters(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (characters.starts_with("version https://git-lfs")) {
    throw Error(where, "is Git LFS's pointer to a file, not the file", "what git lfs pull fetches");
  }
  uint64_t header_bytes = 0;
  if (bytes.size() < sizeof header_bytes) {
    throw Error(where, fmt::format("is {} bytes long", bytes.size()), "a safetensors file");
  }
  std::memcpy(&header_bytes, bytes.data(), sizeof header_bytes);
  const uint64_t room = bytes.size() - sizeof header_bytes;
  if (header_bytes > std::min(room, kMaxHeaderBytes)) {
    throw Error(where,
                fmt::format("is cut short or no safetensors file: its header claims {} bytes and "
                            "{} follow",
                            header_bytes, room));
  }
  const std::string text(reinterpret_cast<const char*>(bytes.data()) + sizeof header_bytes,
                         header_bytes);
  result.file_.check_unchanged();
  const SortedJson header = parse_sorted_json(text, where);
  if (!header.is_object()) throw Error(where, "has a header that is no JSON object");
  const HeaderReader reader(where, bytes.subspan(sizeof header_bytes + header_bytes));
  for (const auto& [name, entry] : header.items()) {
    if (name != "__metadata__") result.tensors_.push_back(reader.read(name, entry));
  }
  reader.check_tiling(result.tensors_);
  return result;
}

}  // namespace e2lm
