#include "engine/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/hash.h"

namespace e2lm {
namespace {

[[noreturn]] void fail_without_weights(const Path& folder) {
  for (const Path& file : list_folder(folder)) {
    if (!is_other_weights(file.filename())) continue;
    throw Error(folder.string(),
                fmt::format("holds no weights as safetensors, only others like {}",
                            file.filename().string()),
                "model.safetensors; transformers' save_pretrained makes it of them");
  }
  throw Error(folder.string(), "holds no weights",
              fmt::format("{} or {}", kWeightsFile, kWeightsIndex));
}

std::vector<SafetensorsFile> open_files(const Path& folder) {
  std::vector<SafetensorsFile> files;
  if (std::filesystem::exists(folder / kWeightsFile)) {
    files.push_back(SafetensorsFile::open(folder / kWeightsFile));
    return files;
  }
  if (!std::filesystem::exists(folder / kWeightsIndex)) fail_without_weights(folder);
  const Path index = folder / kWeightsIndex;
  const auto shards = read_weights_index(read_file(index), index.string());
  std::set<std::string> names;
  for (const auto& [tensor, file] : shards) names.insert(file);
  for (const std::string& name : names) files.push_back(SafetensorsFile::open(folder / name));
  std::set<std::string> found;
  for (const SafetensorsFile& file : files) {
    for (const Tensor& tensor : file.tensors()) {
      const auto shard = shards.find(tensor.name);
      if (shard == shards.end() || shard->second != file.file().path().filename()) {
        throw Error(file.file().path().string(),
                    fmt::format("holds the tensor '{}', which {} does not place there", tensor.name,
                                kWeightsIndex));
      }
      found.insert(tensor.name);
    }
  }
  for (const auto& [tensor, file] : shards) {
    if (!found.contains(tensor)) {
      throw Error((folder / file).string(), fmt::format("lacks the tensor '{}'", tensor));
    }
  }
  return files;
}

// Where it finds one, the original loads the model that the adapter names and applies it.
void refuse_adapter(const Path& folder) {
  const Path adapter = folder / "adapter_config.json";
  if (!std::filesystem::exists(adapter)) return;
  throw Error(adapter.string(), "says that this is a PEFT adapter, which is not applied here",
              "weights merged with it (merge_and_unload), without this file");
}

}  // namespace

std::map<std::string, std::string> read_weights_index(std::string_view text,
                                                      const std::string& where) {
  const SortedJson index = parse_sorted_json(text, where);
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) {
    throw Error(where + ": weight_map", "is missing", "an object of tensor names and file names");
  }
  std::map<std::string, std::string> shards;
  for (const auto& [tensor, file] : index["weight_map"].items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    if (name.empty() || Path(name).filename() != name) {
      throw Error(where + ": weight_map", fmt::format("puts '{}' in {}", tensor, file.dump()),
                  "the name of a file beside it");
    }
    shards[tensor] = name;
  }
  return shards;
}

bool is_other_weights(const Path& name) {
  constexpr std::string_view kKinds[] = {".bin", ".pt", ".pth", ".gguf"};
  constexpr std::string_view kBeside[] = {"optimizer", "scheduler", "training_args", "rng_state",
                                          "scaler"};
  const std::string kind = name.extension(), text = name;
  return std::ranges::find(kKinds, kind) != std::end(kKinds) &&
         std::ranges::none_of(kBeside, [&](auto start) { return text.starts_with(start); });
}

Checkpoint Checkpoint::open(const Path& folder) try {
  if (!std::filesystem::is_directory(folder)) {
    throw Error(folder.string(), "no such folder", "a model folder with config.json and weights");
  }
  refuse_adapter(folder);
  Checkpoint checkpoint;
  checkpoint.folder_ = folder;
  checkpoint.config_text_ = read_file(folder / "config.json");
  checkpoint.config_ =
      parse_python_json(checkpoint.config_text_, (folder / "config.json").string());
  if (!checkpoint.config_.is_object()) {
    throw Error((folder / "config.json").string(), "is no JSON object");
  }
  checkpoint.files_ = open_files(folder);
  for (const SafetensorsFile& file : checkpoint.files_) {
    for (const Tensor& tensor : file.tensors()) checkpoint.tensors_.push_back(&tensor);
  }
  std::sort(checkpoint.tensors_.begin(), checkpoint.tensors_.end(),
            [](const Tensor* a, const Tensor* b) { return a->name < b->name; });
  return checkpoint;
} catch (const std::filesystem::filesystem_error& error) {  // rights, loops of links, a lost mount
  throw Error(error.path1().string(), "cannot be read: " + error.code().message());
}

const Tensor* Checkpoint::find(std::string_view name) const {
  const auto at = std::lower_bound(tensors_.begin(), tensors_.end(), name,
                                   [](const Tensor* t, std::string_view n) { return t->name < n; });
  return at != tensors_.end() && (*at)->name == name ? *at : nullptr;
}

int64_t Checkpoint::parameters() const {
  int64_t count = 0;
  for (const Tensor* tensor : tensors_) count += tensor->elements();
  return count;
}

int64_t Checkpoint::stored_bytes() const {
  int64_t count = 0;
  for (const Tensor* tensor : tensors_) count += std::ssize(tensor->bytes);
  return count;
}

DType Checkpoint::stored_dtype() const {
  const auto largest = std::max_element(tensors_.begin(), tensors_.end(), [](auto* a, auto* b) {
    return a->elements() < b->elements();
  });
  return largest == tensors_.end() ? DType::float32 : (*largest)->dtype;
}

void Checkpoint::release_pages() const {
  for (const SafetensorsFile& file : files_) file.file().release_pages();
}

void Checkpoint::check_unchanged() const {
  for (const SafetensorsFile& file : files_) file.file().check_unchanged();
}

// Read at once, so that a large file need not fit into memory.
constexpr size_t kHashPiece = 32 << 20;

std::string Checkpoint::sha256() const {
  Sha256 hash;
  hash.add_field(config_text_);
  for (const SafetensorsFile& file : files_) {
    const std::span<const std::byte> bytes = file.file().bytes();
    for (size_t at = 0; at < bytes.size(); at += kHashPiece) {
      hash.add(bytes.subspan(at, std::min(kHashPiece, bytes.size() - at)));
      file.file().release_pages();
    }
  }
  check_unchanged();
  return hash.hex();
}

}  // namespace e2lm
