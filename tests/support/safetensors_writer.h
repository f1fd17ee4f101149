#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "engine/safetensors.h"

namespace e2lm {

// A safetensors file with any header, well-formed or not.
inline std::string safetensors_bytes(const std::string& header, const std::string& data) {
  const uint64_t size = header.size();
  std::string bytes(sizeof size, '\0');
  std::memcpy(bytes.data(), &size, sizeof size);
  return bytes + header + data;
}

// The tensors of a file as they are, for tests that change one thing.
struct EditableTensors {
  struct Entry {
    std::string name, dtype;
    std::vector<int64_t> shape;
    std::string data;
  };
  std::vector<Entry> entries;

  static EditableTensors read(const Path& path) {
    EditableTensors tensors;
    const SafetensorsFile file = SafetensorsFile::open(path);
    for (const Tensor& tensor : file.tensors()) {
      tensors.entries.push_back(
          {tensor.name, std::string(dtype_name(tensor.dtype)), tensor.shape,
           std::string(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size())});
    }
    return tensors;
  }

  std::string bytes() const {
    Json header = Json::object();
    std::string data;
    for (const Entry& entry : entries) {
      header[entry.name] = {{"dtype", entry.dtype},
                            {"shape", entry.shape},
                            {"data_offsets", {data.size(), data.size() + entry.data.size()}}};
      data += entry.data;
    }
    return safetensors_bytes(header.dump(), data);
  }
};

}  // namespace e2lm
