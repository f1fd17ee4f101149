#include "engine/tokenizer/declared_tokens.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>

#include "base/json.h"

namespace e2lm {
namespace {

constexpr std::array<std::string_view, 7> kNames = {
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"};

// One of the files; an empty object where it is not there. The order of its keys counts.
struct File {
  explicit File(const Path& path) : part(document, path.string()) {
    if (!std::filesystem::exists(path)) return;
    const std::string text = read_file(path);
    document = parse_sorted_json(text, path.string());
    part.expect_object();
    in_order = parse_json(text, path.string());
  }
  bool has(std::string_view key) const { return document.contains(key); }

  SortedJson document = SortedJson::object();
  JsonPart part;
  Json in_order = Json::object();
};

// A token as {"content": "…", flags}. A special one is not normalized if the object does not say.
DeclaredToken read_object(const JsonPart& part, bool special) {
  part.expect_keys(
      {"__type", "id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
  return {{.content = part.at("content").text(),
           .single_word = part.flag_or("single_word", false),
           .lstrip = part.flag_or("lstrip", false),
           .rstrip = part.flag_or("rstrip", false),
           .normalized = part.flag_or("normalized", !special)},
          part.where()};
}

// A special token as a text or an object.
DeclaredToken read_special(const JsonPart& part) {
  if (part.value().is_object()) return read_object(part, true);
  return {{.content = part.text(), .normalized = false}, part.where()};
}

using Texts = std::set<std::string>;

Texts texts_of(const std::vector<DeclaredToken>& tokens) {
  Texts texts;
  for (const DeclaredToken& declared : tokens) texts.insert(declared.token.content);
  return texts;
}

// An object that says itself whether it is special. One whose text has a name is so anyway.
DeclaredToken read_stated(const JsonPart& part, const Texts& named) {
  return read_object(part,
                     part.flag_or("special", false) || named.contains(part.at("content").text()));
}

using Listed = std::map<int32_t, DeclaredToken>;  // by the stated id

Listed read_decoder(const JsonPart& part, const Texts& named) {
  Listed listed;
  part.expect_object();
  for (const auto& [key, value] : part.value().items()) {
    int32_t id = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (error != std::errc() || end != key.data() + key.size()) {
      throw part.at(key).error("is under a key that is no id");
    }
    listed.insert_or_assign(id, read_stated(part.at(key), named));
  }
  return listed;
}

bool is_listed(std::string_view name) {
  return std::ranges::find(kNames, name) != kNames.end();
}

// Tokens by name, in the order in which the names first came.
class NamedTokens {
 public:
  void set(std::string_view name, std::optional<DeclaredToken> token) {
    const auto found = std::ranges::find(tokens_, name, &Row::first);
    if (found == tokens_.end()) {
      tokens_.emplace_back(name, std::move(token));
    } else {
      found->second = std::move(token);
    }
  }
  void set_all(const NamedTokens& others) {
    for (const auto& [name, token] : others.tokens_) set(name, token);
  }
  std::optional<DeclaredToken> at(std::string_view name) const {
    return std::ranges::find(tokens_, name, &Row::first)->second;
  }
  std::vector<DeclaredToken> tokens() const {
    std::vector<DeclaredToken> all;
    for (const auto& [name, token] : tokens_) {
      if (token) all.push_back(*token);
    }
    return all;
  }

 private:
  using Row = std::pair<std::string, std::optional<DeclaredToken>>;
  std::vector<Row> tokens_;
};

// Puts the special tokens of both files together in the order of transformers, on which the ids of
// new ones depend.
class SpecialTokensReader {
 public:
  SpecialTokensReader(const File& config, const File* map) : config_(config), map_(map) {
    for (const std::string_view name : kNames) standard_.set(name, std::nullopt);
    read_names(config);
    if (map) read_names(*map);
    read_extra();
  }

  // Where padding is on, its token is the default of pad_token.
  void read_padding(const JsonPart& padding) {
    if (config_.has("pad_token") || (map_ && map_->has("pad_token"))) return;
    if (const auto token = padding.find("pad_token")) {
      standard_.set("pad_token", read_special(*token));
    }
  }

  // The standard ones, and those that this model alone has a name for.
  NamedTokens names() const {
    NamedTokens all = standard_;
    all.set_all(named_objects_);
    all.set_all(named_texts_);
    return all;
  }
  // Those and the extra ones.
  std::vector<DeclaredToken> tokens() const {
    std::vector<DeclaredToken> all = names().tokens();
    all.insert(all.end(), extra_.begin(), extra_.end());
    return all;
  }
  // The texts that count as special in added_tokens.json: objects of tokenizer_config.json do not.
  const Texts& texts() const { return texts_; }

 private:
  void read_names(const File& file) {
    for (const auto& [key, value] : file.in_order.items()) {
      if (!key.ends_with("_token")) continue;
      const auto part = file.part.find(key);
      if (is_listed(key)) {
        const auto token = part ? std::optional(read_special(*part)) : std::nullopt;
        standard_.set(key, token);
        const bool is_object = &file == &config_ && part && part->value().is_object();
        plain_.set(key, is_object ? std::nullopt : token);
      } else if (part && is_token(file, *part)) {
        const bool is_text = &file == &config_ && part->value().is_string();
        (is_text ? named_texts_ : named_objects_).set(key, read_special(*part));
      }
    }
  }

  // Under a name that is not a standard one.
  bool is_token(const File& file, const JsonPart& part) const {
    if (!part.value().is_object()) return part.value().is_string();
    return &file != &config_ || part.find("__type").has_value();
  }

  void read_extra() {
    constexpr const char* kExtra = "extra_special_tokens";
    constexpr const char* kFormerly = "additional_special_tokens";
    const auto extra = config_.part.find(kExtra);
    const bool moved = config_.has(kFormerly) && (!extra || extra->value().empty());
    bool has_list = read_extra(config_, moved ? kFormerly : kExtra);
    if (map_) has_list = map_->has(kExtra) ? read_extra(*map_, kExtra) : has_list;
    texts_ = texts_of(plain_.tokens());
    texts_.insert(plain_extra_.begin(), plain_extra_.end());
    if (has_list) return;
    if (map_ && map_->has(kFormerly)) {
      read_extra(*map_, kFormerly);
    } else if (!moved) {
      read_extra(config_, kFormerly);
    }
  }

  // Whether it is a list, which hides those under the former key.
  bool read_extra(const File& file, const char* key) {
    const auto part = file.part.find(key);
    if (!part) return file.has(key);
    if (part->value().is_object()) {
      extra_.clear();
      plain_extra_.clear();
      for (const auto& [name, value] : file.in_order.at(key).items()) {
        named_texts_.set(name, read_special(part->at(name)));
      }
      return false;
    }
    const Texts named = texts_of(names().tokens());
    for (const JsonPart& item : part->items()) {
      const bool states = &file == &config_ && item.value().is_object();
      extra_.push_back(states ? read_stated(item, named) : read_special(item));
      if (!states) plain_extra_.insert(extra_.back().token.content);
    }
    return true;
  }

  const File& config_;
  const File* map_;  // null where it is passed over
  NamedTokens standard_;
  NamedTokens named_objects_;
  NamedTokens named_texts_;
  std::vector<DeclaredToken> extra_;
  NamedTokens plain_;  // the standard ones whose texts count in added_tokens.json
  Texts plain_extra_;
  Texts texts_;
};

// The tokens of added_tokens.json. Those of the tokenizer.json with the same ids go before them.
Listed read_added(const File& added, const JsonPart& file, const Texts& special) {
  Listed listed;
  for (const auto& [text, value] : added.document.items()) {
    const JsonPart part = added.part.at(text);
    const bool is_special = special.contains(text);
    listed.insert_or_assign(
        part.id(), DeclaredToken{{.content = text, .normalized = !is_special}, part.where()});
  }
  const auto tokens = file.find("added_tokens");
  if (listed.empty() || !tokens) return listed;
  for (const JsonPart& item : tokens->items()) {
    listed.insert_or_assign(item.at("id").id(), read_stated(item, special));
  }
  return listed;
}

}  // namespace

DeclaredTokens DeclaredTokens::read(const Path& folder, const JsonPart& file) {
  const File config(folder / "tokenizer_config.json");
  if (config.part.flag_or("split_special_tokens", false)) {
    throw config.part.at("split_special_tokens").error("true is not supported", "false");
  }
  const auto decoder = config.part.find("added_tokens_decoder");
  const File map(decoder ? Path() : folder / "special_tokens_map.json");
  SpecialTokensReader reader(config, decoder ? nullptr : &map);
  if (const auto padding = file.find("padding")) reader.read_padding(*padding);

  DeclaredTokens declared;
  declared.special = reader.tokens();
  declared.bos = reader.names().at("bos_token");
  declared.eos = reader.names().at("eos_token");
  const File added(decoder ? Path() : folder / "added_tokens.json");
  const Listed listed = decoder ? read_decoder(*decoder, texts_of(reader.names().tokens()))
                                : read_added(added, file, reader.texts());
  for (const auto& [id, token] : listed) declared.listed.push_back(token);
  return declared;
}

}  // namespace e2lm
