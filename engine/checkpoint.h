#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "engine/safetensors.h"

namespace e2lm {

inline constexpr const char* kWeightsFile = "model.safetensors";
inline constexpr const char* kWeightsIndex = "model.safetensors.index.json";

// Which file holds each tensor, by the text of an index of weights; `where` names it. Throws Error
// if it is none, or for a file that would not lie beside it: ../x, or shards in a subfolder.
std::map<std::string, std::string> read_weights_index(std::string_view text,
                                                      const std::string& where);

// Whether a file of this name holds weights in a form that is not read: "pytorch_model.bin", but
// not what trainers save beside them, "optimizer.bin" or "rng_state.pth".
bool is_other_weights(const Path& name);

// A model folder as Hugging Face lays it out: config.json and model.safetensors, or several
// safetensors files with model.safetensors.index.json. Files are mapped, not read; tensors stay
// valid while the Checkpoint lives.
class Checkpoint {
 public:
  // Throws Error naming file and tensor if anything is missing or damaged: a shard that the index
  // names, a tensor that the index places elsewhere, a tensor in two files.
  static Checkpoint open(const Path& folder);

  const Path& folder() const { return folder_; }
  const Json& config() const { return config_; }  // infinities as parse_python_json has them
  const Tensor* find(std::string_view name) const;
  const std::vector<const Tensor*>& tensors() const { return tensors_; }  // sorted by name

  int64_t parameters() const;    // elements of all tensors
  int64_t stored_bytes() const;  // of all tensors
  DType stored_dtype() const;    // of the largest tensor

  // Gives the memory back that holds pages of the files read so far; they come again when needed.
  void release_pages() const;

  // Throws Error if a file of weights was written to since it was opened: what was read of it may
  // be neither the old weights nor the new.
  void check_unchanged() const;

  // What determines scores: SHA-256 over the bytes of config.json and of every safetensors file in
  // name order. Reads all of them; throws Error if one is changed meanwhile.
  std::string sha256() const;

 private:
  Path folder_;
  std::string config_text_;
  Json config_;
  std::vector<SafetensorsFile> files_;
  std::vector<const Tensor*> tensors_;
};

}  // namespace e2lm
