#include "engine/tokenizer/tokenizer.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/bpe.h"
#include "engine/tokenizer/json_part.h"
#include "engine/tokenizer/normalizer.h"
#include "engine/tokenizer/pieces.h"
#include "engine/tokenizer/post_processor.h"
#include "engine/tokenizer/pre_tokenizer.h"
#include "engine/tokenizer/unicode.h"
#include "engine/tokenizer/vocabulary.h"

namespace e2lm {

struct Tokenizer::Parts {
  AddedTokens added;
  std::unique_ptr<Normalizer> normalizer;
  PreTokenizer pre_tokenizer;
  Bpe bpe;
  PostProcessor post_processor;

  std::optional<int32_t> bos;
  std::optional<int32_t> eos;
  std::string prefix_text;  // of BOS, else EOS; empty if there is neither
  int32_t size = 0;
  std::string sha256;

  void encode_stretch(std::string_view text, bool opens, std::vector<int32_t>& ids) const;
};

namespace {

// Lengths and places in a text are 32-bit numbers here and there.
void require_length(std::string_view text) {
  constexpr size_t kLongest = size_t{1} << 30;
  if (text.size() > kLongest) throw Error("text to encode", "is longer than 1 GiB");
}

void check_frame(const JsonPart& file) {
  file.expect_keys({"version", "truncation", "padding", "added_tokens", "normalizer",
                    "pre_tokenizer", "post_processor", "decoder", "model"});
  if (const auto version = file.find("version")) version->choice({"1.0"});
}

// The text and the id of a token that tokenizer_config.json names: as a string or as
// {"content": "…"}.
struct NamedToken {
  std::string text;
  std::optional<int32_t> id;
};

NamedToken named_token(const JsonPart& config, std::string_view key, const Vocabulary& vocabulary) {
  auto token = config.find(key);
  if (token && token->value().is_object()) token = token->at("content");
  if (!token) return {};
  const auto id = vocabulary.find(token->text());
  if (!id) throw token->error(fmt::format("'{}' is not in the vocabulary", token->text()));
  return {std::string(token->text()), id};
}

}  // namespace

Tokenizer::Tokenizer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Tokenizer Tokenizer::read(const Path& path) {
  const bool is_folder = std::filesystem::is_directory(path);
  const Path tokenizer_path = is_folder ? path / "tokenizer.json" : path;
  const std::string text = read_file(tokenizer_path);
  const SortedJson document = parse_sorted_json(text, tokenizer_path.string());
  const JsonPart file(document, tokenizer_path.string());
  check_frame(file);
  const JsonPart model = file.at("model");
  Bpe::require(model);

  std::unique_ptr<Normalizer> normalizer;
  if (const auto part = file.find("normalizer")) normalizer = read_normalizer(*part);
  PreTokenizer pre_tokenizer =
      PreTokenizer::read(file.find("pre_tokenizer"), normalizer != nullptr);
  Vocabulary vocabulary = Vocabulary::read(model.at("vocab"));
  Bpe bpe = Bpe::read(model, vocabulary, pre_tokenizer.gives_bytes());
  AddedTokens added = AddedTokens::read(file.find("added_tokens"), normalizer.get(), vocabulary);
  PostProcessor post_processor =
      PostProcessor::read(file.find("post_processor"), vocabulary.size());

  auto parts = std::make_unique<Parts>(Parts{std::move(added), std::move(normalizer),
                                             std::move(pre_tokenizer), std::move(bpe),
                                             std::move(post_processor)});
  parts->size = vocabulary.size();
  parts->sha256 = sha256_hex(text);
  const Path config_path = tokenizer_path.parent_path() / "tokenizer_config.json";
  if (std::filesystem::exists(config_path)) {
    const SortedJson config = parse_sorted_json(read_file(config_path), config_path.string());
    const JsonPart part(config, config_path.string());
    const NamedToken bos = named_token(part, "bos_token", vocabulary);
    const NamedToken eos = named_token(part, "eos_token", vocabulary);
    parts->bos = bos.id;
    parts->eos = eos.id;
    parts->prefix_text = bos.id ? bos.text : eos.text;
  }
  return Tokenizer(std::move(parts));
}

bool Tokenizer::open_with_bos() {
  if (parts_->post_processor.opens_with_special()) return true;
  if (!parts_->bos) return false;
  parts_->post_processor = PostProcessor::opening_with(*parts_->bos);
  return true;
}

std::vector<int32_t> Tokenizer::encode(std::string_view text, SpecialTokens special) const {
  require_length(text);
  require_utf8(text);
  std::vector<int32_t> ids;
  for (const Stretch& stretch : parts_->added.as_written.cut(text)) {
    if (stretch.id) {
      ids.push_back(*stretch.id);
    } else {
      parts_->encode_stretch(stretch.span.of(text), stretch.span.begin == 0, ids);
    }
  }
  const std::string& prefix = parts_->prefix_text;
  const bool given = !prefix.empty() && text.starts_with(prefix);
  const bool add = special == SpecialTokens::add || (special == SpecialTokens::add_once && !given);
  return parts_->post_processor.apply(std::move(ids), add);
}

// A stretch that no token found in the raw text is part of.
void Tokenizer::Parts::encode_stretch(std::string_view text, bool opens,
                                      std::vector<int32_t>& ids) const {
  std::string normal;
  if (normalizer) {
    normal = text;
    normalizer->apply(normal);
    require_length(normal);
    text = normal;
  }
  for (const Stretch& stretch : added.normalized.cut(text)) {
    if (stretch.id) {
      ids.push_back(*stretch.id);
      continue;
    }
    Pieces pieces(stretch.span.of(text), opens && stretch.span.begin == 0);
    pre_tokenizer.apply(pieces);
    for (size_t i = 0; i < pieces.size(); ++i) bpe.encode(pieces[i], ids);
  }
}

std::optional<int32_t> Tokenizer::bos() const {
  return parts_->bos;
}
std::optional<int32_t> Tokenizer::eos() const {
  return parts_->eos;
}
int32_t Tokenizer::size() const {
  return parts_->size;
}
const std::string& Tokenizer::sha256() const {
  return parts_->sha256;
}

}  // namespace e2lm
