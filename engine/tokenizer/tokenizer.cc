#include "engine/tokenizer/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/bpe.h"
#include "engine/tokenizer/declared_tokens.h"
#include "engine/tokenizer/json_part.h"
#include "engine/tokenizer/normalizer.h"
#include "engine/tokenizer/pieces.h"
#include "engine/tokenizer/post_processor.h"
#include "engine/tokenizer/pre_tokenizer.h"
#include "engine/tokenizer/unicode.h"
#include "engine/tokenizer/vocabulary.h"

namespace e2lm {

struct Tokenizer::Parts {
  TokenFinder as_written;  // the added tokens looked for in the raw text
  TokenFinder normalized;  // those looked for in the normalized text between them
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

// Adds what the files beside the tokenizer.json declare to its tokens. Returns a line for each
// token that this added or changed.
std::string declare(const DeclaredTokens& declared, AddedTokens& added, Vocabulary& vocabulary) {
  std::string changes;
  const auto add = [&](const DeclaredToken& token) {
    if (!added.declare(token, vocabulary)) return;
    const AddedToken& t = token.token;
    changes += fmt::format("\n{:d}{:d}{:d}{:d} {}", t.single_word, t.lstrip, t.rstrip, t.normalized,
                           t.content);
  };
  for (const DeclaredToken& token : declared.listed) add(token);
  std::vector<DeclaredToken> others;
  for (const DeclaredToken& token : declared.special) {
    const bool again =
        std::ranges::find(others, token.token, &DeclaredToken::token) != others.end();
    if (!again && !added.holds(token.token.content)) others.push_back(token);
  }
  for (const DeclaredToken& token : others) add(token);  // of two with one text the later counts
  return changes;
}

std::optional<int32_t> id_of(const std::optional<DeclaredToken>& declared,
                             const Vocabulary& vocabulary) {
  if (!declared) return std::nullopt;
  const std::string& text = declared->token.content;
  const auto id = vocabulary.find(text);
  if (!id) throw Error(declared->where, fmt::format("'{}' is not in the vocabulary", text));
  return id;
}

}  // namespace

Tokenizer::Tokenizer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Tokenizer Tokenizer::read(const Path& path) {
  const Path tokenizer_path = tokenizer_files(path).front();
  if (tokenizer_path != path && !std::filesystem::exists(tokenizer_path)) {
    throw Error(path.string(), "has no tokenizer.json",
                "one there, or the place of one given as `tokenizer`");
  }
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
  AddedTokens added = AddedTokens::read(file.find("added_tokens"), vocabulary);
  const auto declared = DeclaredTokens::read(tokenizer_path.parent_path(), file);
  std::string changes = declare(declared, added, vocabulary);
  PostProcessor post_processor =
      PostProcessor::read(file.find("post_processor"), vocabulary.size());

  auto parts = std::make_unique<Parts>(Parts{added.as_written(), added.normalized(normalizer.get()),
                                             std::move(normalizer), std::move(pre_tokenizer),
                                             std::move(bpe), std::move(post_processor)});
  parts->size = vocabulary.size();
  parts->bos = id_of(declared.bos, vocabulary);
  parts->eos = id_of(declared.eos, vocabulary);
  if (const auto& prefix = declared.bos ? declared.bos : declared.eos) {
    parts->prefix_text = prefix->token.content;
    changes += "\n" + parts->prefix_text;
  }
  parts->sha256 = sha256_hex(text + changes);
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
  for (const Stretch& stretch : parts_->as_written.cut(text)) {
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
  for (const Stretch& stretch : normalized.cut(text)) {
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

std::vector<Path> tokenizer_files(const Path& path) {
  const bool is_folder = std::filesystem::is_directory(path);
  std::vector<Path> files = {is_folder ? path / "tokenizer.json" : path};
  for (const char* name :
       {"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"}) {
    const Path file = files.front().parent_path() / name;
    if (std::filesystem::exists(file)) files.push_back(file);
  }
  return files;
}

}  // namespace e2lm
