#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace e2lm {

// What happens to the template's special tokens; added tokens in the text always count.
//   add_once  as add, but none of them where the text begins with the prefix token's own text
//             (lm-evaluation-harness since 0.4.10)
enum class SpecialTokens { omit, add, add_once };

// Text to token ids, exactly as the Hugging Face tokenizers library (0.23) does it for the same
// tokenizer.json: added tokens → normalizer → pre-tokenizer → byte-pair merges → template.
// Truncation and padding in the file are passed over, as by transformers; so is the decoder.
//
// The tokenizer.json is followed to the letter: what some classes of transformers 5
// (`tokenizer_class`: LlamaTokenizer, Qwen2Tokenizer) build anew from its vocabulary, and
// add_prefix_space in tokenizer_config.json, are not.
//
// A file with a part this reader does not know is refused, naming the part: never an
// approximation. Encoding is const and safe from several threads.
class Tokenizer {
 public:
  // `path` is a tokenizer.json or the folder that holds one; the files beside it name the BOS and
  // EOS tokens and add others, as in transformers (see DeclaredTokens). Throws Error naming file
  // and part.
  static Tokenizer read(const Path& path);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // Sees to it that special tokens open the text: a template that puts none in front of it becomes
  // BOS and the text, as with add_bos_token=True in transformers 5. False if that cannot be, as
  // no file names a BOS.
  bool open_with_bos();

  // Throws Error when the text is not valid UTF-8, or, as the original, when it needs an unknown
  // token that the file names but does not have.
  std::vector<int32_t> encode(std::string_view text, SpecialTokens special) const;

  std::optional<int32_t> bos() const;  // as the files beside it name them
  std::optional<int32_t> eos() const;
  // BOS if the file names one, else EOS: what stands for an empty context.
  std::optional<int32_t> prefix() const { return bos() ? bos() : eos(); }

  int32_t size() const;  // one more than the largest id
  // Of all that ids depend on: the tokenizer.json's bytes, tokens added to it, the prefix token.
  const std::string& sha256() const;

 private:
  struct Parts;
  explicit Tokenizer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// The tokenizer.json of a path as above, and the files beside it that are read with it and exist.
std::vector<Path> tokenizer_files(const Path& path);

}  // namespace e2lm
