#include "engine/checkpoint.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/engine.h"
#include "tests/support/expect_error.h"
#include "tests/support/golden_model.h"
#include "tests/support/places.h"
#include "tests/support/safetensors_writer.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

// A golden model copied into a scratch folder, to be changed in one place.
class CheckpointTest : public testing::Test {
 protected:
  void copy(const std::string& name) {
    const Path golden = source_dir() / "tests/golden/models" / name;
    std::filesystem::copy(golden, folder_, std::filesystem::copy_options::recursive);
  }

  Json config() const { return parse_json(read_file(folder_ / "config.json"), "config.json"); }
  void set_config(const Json& json) const { write_file(folder_ / "config.json", json.dump()); }

  void set_key(const char* key, const Json& value) const {
    Json json = config();
    json[key] = value;
    set_config(json);
  }
  void drop_key(const char* key) const {
    Json json = config();
    json.erase(key);
    set_config(json);
  }

  void edit_tensors(const std::function<void(std::vector<EditableTensors::Entry>&)>& edit) const {
    EditableTensors tensors = EditableTensors::read(folder_ / "model.safetensors");
    edit(tensors.entries);
    write_file(folder_ / "model.safetensors", tensors.bytes());
  }

  static EditableTensors::Entry embeddings_of(const std::vector<EditableTensors::Entry>& entries) {
    return *std::ranges::find(entries, "model.embed_tokens.weight", &EditableTensors::Entry::name);
  }

  void open() const {
    const Checkpoint checkpoint = Checkpoint::open(folder_);
    Engine::open(checkpoint, {.threads = 1});
  }

  TokenScores score() const {
    const Checkpoint checkpoint = Checkpoint::open(folder_);
    const auto engine = Engine::open(checkpoint, {.threads = 1});
    return score_all(*engine, std::vector<TokenRequest>{{{5, 6, 7, 8, 9}, 1}})[0];
  }

  Scratch scratch_;
  Path folder_ = scratch_.folder();
};

TEST_F(CheckpointTest, EverySpellingOfNoUpperLimitIsTheSame) {
  copy("falcon_h1_plain");
  const auto expected = score().logprobs_nats;
  const std::string text = read_file(folder_ / "config.json");
  const size_t begin = text.find("\"time_step_limit\"");
  const size_t end = text.find(']', begin) + 1;
  for (const char* limit : {"[0.0, Infinity]", "[0, 1e999]", "[0.0, null]", "null",
                            R"([0.0, {"__float__": "Infinity"}])"}) {
    write_file(folder_ / "config.json",
               text.substr(0, begin) + "\"time_step_limit\": " + limit + text.substr(end));
    EXPECT_EQ(score().logprobs_nats, expected) << limit;
  }
  drop_key("time_step_limit");
  EXPECT_EQ(score().logprobs_nats, expected) << "left out";
}

TEST_F(CheckpointTest, BothRopeSpellingsAreTheSame) {
  copy("llama_tied_bias_rope3");
  const auto expected = score().logprobs_nats;
  Json json = config(), rope = json["rope_parameters"];
  json["rope_theta"] = rope["rope_theta"];
  rope.erase("rope_theta");
  rope["type"] = rope["rope_type"];
  rope.erase("rope_type");
  json.erase("rope_parameters");
  json["rope_scaling"] = rope;
  set_config(json);
  EXPECT_EQ(score().logprobs_nats, expected);
}

// As transformers 5 does; transformers 4 knows no rope_parameters.
TEST_F(CheckpointTest, OfBothRopeSpellingsTheOldOneCounts) {
  copy("llama_tied_bias_rope3");
  const auto expected = score().logprobs_nats;
  const Json rope = config()["rope_parameters"];
  set_key("rope_scaling", rope);
  set_key("rope_parameters", {{"rope_type", "default"}, {"rope_theta", 7}});
  EXPECT_EQ(score().logprobs_nats, expected);
  set_key("rope_parameters", rope);
  set_key("rope_scaling", Json::object());  // says nothing
  EXPECT_EQ(score().logprobs_nats, expected);
}

// Silence would be a choice between transformers 4 and 5.
TEST_F(CheckpointTest, RopeKeysWithTwoValuesAreRefused) {
  copy("llama_tied_bias_rope3");
  const auto expected = score().logprobs_nats;
  Json rope = config()["rope_parameters"];
  for (const char* spelling : {"rope_parameters", "rope_scaling"}) {
    drop_key("rope_parameters");
    set_key(spelling, rope);
    for (const char* key : {"rope_theta", "original_max_position_embeddings"}) {
      set_key(key, rope[key]);
      EXPECT_EQ(score().logprobs_nats, expected) << key;
      set_key(key, 12345);
      expect_error([&] { open(); }, "config.json", spelling, key, rope[key].dump(), "12345");
      drop_key(key);
    }
  }
}

TEST_F(CheckpointTest, MissingMultipliersAreNamed) {
  copy("falcon_h1_plain");
  const Json whole = config();
  for (const char* key :
       {"embedding_multiplier", "lm_head_multiplier", "key_multiplier", "attention_in_multiplier",
        "attention_out_multiplier", "ssm_in_multiplier", "ssm_out_multiplier", "mlp_multipliers",
        "ssm_multipliers"}) {
    set_config(whole);
    drop_key(key);
    expect_error([&] { open(); }, "config.json", key, "missing");
  }
  set_config(whole);
  set_key("ssm_multipliers", {1, 2, 3});
  expect_error([&] { open(); }, "ssm_multipliers", "5 numbers");
}

TEST_F(CheckpointTest, ConfigsTheEngineCannotFollowAreRefused) {
  copy("falcon_h1_plain");
  const Json whole = config();
  const auto expect_refused = [&](const char* key, const Json& value, const char* what) {
    set_config(whole);
    set_key(key, value);
    expect_error([&] { open(); }, "config.json", key, what);
  };
  expect_refused("hidden_act", "gelu", "'silu'");
  expect_refused("model_type", "mamba2", "'falcon_h1'");
  expect_refused("hidden_size", -1, "positive whole number");
  expect_refused("hidden_size", "32", "positive whole number");
  expect_refused("num_key_value_heads", 3, "is 3 (expected a divisor");
  expect_refused("mamba_n_groups", 4, "is 4 (expected a divisor");
  expect_refused("mamba_d_head", 7, "is 7 (expected");
  expect_refused("mamba_n_heads", 5, "is 5 (expected a divisor");
  expect_refused("head_dim", 9, "is 9 (expected an even width");
  drop_key("head_dim");
  set_key("num_attention_heads", 64);
  expect_error([&] { open(); }, "head_dim", "is 0, hidden_size / num_attention_heads");
  expect_refused("rms_norm_eps", nullptr, "missing");
  expect_refused("rope_parameters", {{"rope_type", "yarn"}}, "'yarn' is not supported");
  expect_refused("rms_norm_eps", -1, "above 0");
  expect_refused("rope_parameters", {{"rope_theta", 0}}, "above 0");
  expect_refused("rope_parameters", {{"rope_type", "llama3"}, {"rope_theta", 1e4}, {"factor", -8}},
                 "above 0");
  expect_refused("partial_rotary_factor", 0.5, "expected 1");
  expect_refused("rope_parameters", {{"rope_theta", 1e4}, {"partial_rotary_factor", 0.5}},
                 "partial_rotary_factor");
  expect_refused("is_causal", false, "expected true");
  expect_refused("mamba_conv_bias", nullptr, "is null");
  expect_refused("quantization_config", {{"quant_method", "bitsandbytes"}}, "as they are stored");
  expect_refused("transformers_weights", "other.safetensors", "model.safetensors");
  expect_refused("time_step_limit", {1, 0}, "low <= high");
  expect_refused("tie_word_embeddings", "yes", "true or false");
  write_file(folder_ / "config.json", "{\"model_type\": ");
  expect_error([&] { open(); }, "config.json:1");
  std::filesystem::remove(folder_ / "config.json");
  expect_error([&] { open(); }, "config.json", "No such file");
}

TEST_F(CheckpointTest, TensorsMustBeExactlyThose) {
  copy("falcon_h1_plain");
  const std::string whole = read_file(folder_ / "model.safetensors");
  edit_tensors([](auto& entries) {
    std::erase_if(entries, [](const auto& e) { return e.name == "model.layers.1.mamba.D"; });
  });
  expect_error([&] { open(); }, "model.layers.1.mamba.D", "missing");
  write_file(folder_ / "model.safetensors", whole);
  edit_tensors([](auto& entries) { entries.push_back({"model.extra", "F32", {1}, "xxxx"}); });
  expect_error([&] { open(); }, "model.extra", "no place");
  write_file(folder_ / "model.safetensors", whole);
  edit_tensors([](auto& entries) {
    for (auto& entry : entries) {
      if (entry.name == "model.layers.0.self_attn.k_proj.weight") {
        std::swap(entry.shape[0], entry.shape[1]);
      }
    }
  });
  expect_error([&] { open(); }, "self_attn.k_proj.weight", "[32, 16]", "[16, 32]");
}

TEST_F(CheckpointTest, TensorsThatFollowFromOthersMayBeThere) {
  copy("falcon_h1_gated_norm_groups");  // its head is tied
  const auto expected = score().logprobs_nats;
  edit_tensors([](auto& entries) {
    entries.push_back(embeddings_of(entries));
    entries.back().name = "lm_head.weight";
    entries.push_back({"model.layers.0.mamba.mup_vector", "F32", {1}, "xxxx"});
  });
  EXPECT_EQ(score().logprobs_nats, expected);
}

// Of a model that was compiled, and of one saved without its head.
TEST_F(CheckpointTest, TensorsUnderOtherNamesAreSaid) {
  for (const char* name : {"_orig_mod.model.embed_tokens.weight", "embed_tokens.weight"}) {
    std::filesystem::remove_all(folder_);
    copy("llama_gqa");
    edit_tensors([&](auto& entries) {
      for (auto& e : entries) e.name = e.name == "model.embed_tokens.weight" ? name : e.name;
    });
    expect_error([&] { open(); }, "'model.embed_tokens.weight' is missing", name, "the shape [");
  }
}

// transformers 4 passes over such a head, transformers 5 scores with it.
TEST_F(CheckpointTest, ATiedHeadWithNumbersOfItsOwnIsRefused) {
  for (const char* name : {"falcon_h1_gated_norm_groups", "llama_tied_bias_rope3"}) {
    std::filesystem::remove_all(folder_);
    copy(name);
    edit_tensors([](auto& entries) {
      entries.push_back(embeddings_of(entries));
      entries.back().name = "lm_head.weight";
      entries.back().data.back() ^= 1;
    });
    expect_error([&] { open(); }, folder_.string(), "lm_head.weight", "tie_word_embeddings");
  }
}

TEST_F(CheckpointTest, ShardsMustHoldWhatTheIndexSays) {
  copy("falcon_h1_no_conv_bias_sharded");
  const Path index = folder_ / "model.safetensors.index.json";
  const std::string text = read_file(index);
  const Json whole = parse_json(text, "index");
  EXPECT_NO_THROW(open());

  Json changed = whole;
  changed["weight_map"]["model.ghost"] = "model-00001-of-00006.safetensors";
  write_file(index, changed.dump());
  expect_error([&] { open(); }, "model-00001-of-00006.safetensors", "lacks", "model.ghost");

  changed = whole;
  changed["weight_map"]["lm_head.weight"] = "model-00002-of-00006.safetensors";
  write_file(index, changed.dump());
  expect_error([&] { open(); }, "lm_head.weight");

  changed["weight_map"]["lm_head.weight"] = "../model.safetensors";
  write_file(index, changed.dump());
  expect_error([&] { open(); }, "weight_map", "name of a file beside it");

  write_file(index, "{\"weight_map\": 3}");
  expect_error([&] { open(); }, "weight_map");

  write_file(index, text);
  std::filesystem::remove(folder_ / "model-00003-of-00006.safetensors");
  expect_error([&] { open(); }, "model-00003-of-00006.safetensors", "No such file");
}

TEST_F(CheckpointTest, FoldersWithoutAModelAreNamed) {
  expect_error([&] { Checkpoint::open(folder_ / "none"); }, "none", "no such folder");
  write_file(folder_ / "config.json", "{}");
  expect_error([&] { Checkpoint::open(folder_); }, "no weights", "model.safetensors");
}

// As lm-evaluation-harness asks for them.
TEST_F(CheckpointTest, PositionsHaveTwoNames) {
  copy("llama_gqa");
  const auto positions = [&] {
    return Engine::open(Checkpoint::open(folder_), {.threads = 1})->max_positions();
  };
  const int64_t before = positions();
  set_key("n_positions", nullptr);
  EXPECT_EQ(positions(), before);
  set_key("n_positions", 7);
  EXPECT_EQ(positions(), 7);
  drop_key("max_position_embeddings");
  EXPECT_EQ(positions(), 7);
}

// The weights beside an adapter are not what transformers would answer with.
TEST_F(CheckpointTest, AdaptersAreRefused) {
  copy("llama_gqa");
  write_file(folder_ / "adapter_config.json", R"({"peft_type": "LORA"})");
  expect_error([&] { Checkpoint::open(folder_); }, "adapter_config.json", "is a PEFT adapter",
               "merged");
  std::filesystem::remove(folder_ / "config.json");
  expect_error([&] { Checkpoint::open(folder_); }, "adapter_config.json", "is a PEFT adapter");
}

TEST_F(CheckpointTest, WeightsInAnotherFormAreNamed) {
  copy("llama_gqa");
  std::filesystem::remove(folder_ / "model.safetensors");
  for (const char* name : {"optimizer.bin", "training_args.bin", "rng_state.pth"}) {
    write_file(folder_ / name, "pickle");
  }
  expect_error([&] { Checkpoint::open(folder_); }, "holds no weights (", "model.safetensors");
  write_file(folder_ / "pytorch_model.bin", "pickle");
  expect_error([&] { Checkpoint::open(folder_); }, "no weights as safetensors",
               "like pytorch_model.bin", "save_pretrained");
}

TEST_F(CheckpointTest, TheHashCoversWeightsAndConfig) {
  copy("falcon_h1_plain");
  const std::string before = Checkpoint::open(folder_).sha256();
  EXPECT_EQ(Checkpoint::open(folder_).sha256(), before);
  set_key("key_multiplier", 0.5);
  const std::string other_config = Checkpoint::open(folder_).sha256();
  EXPECT_NE(other_config, before);
  edit_tensors([](auto& entries) { entries[0].data[0] ^= 1; });
  EXPECT_NE(Checkpoint::open(folder_).sha256(), other_config);
}

TEST_F(CheckpointTest, RequestsThatDoNotFitTheModelAreRefused) {
  copy("llama_gqa");
  set_key("max_position_embeddings", 8);
  const Checkpoint checkpoint = Checkpoint::open(folder_);
  const auto engine = Engine::open(checkpoint, {});
  const std::vector<TokenRequest> longest = {{std::vector<int32_t>(9, 1), 1}};
  EXPECT_NO_THROW(score_all(*engine, longest)) << "eight inputs fit; the ninth is only a target";
  const std::vector<TokenRequest> too_long = {{std::vector<int32_t>(10, 1), 1}};
  expect_error([&] { score_all(*engine, too_long); }, "9 tokens", "8 positions");
  const std::vector<TokenRequest> foreign = {{{1, 100'000}, 1}};
  expect_error([&] { score_all(*engine, foreign); }, "100000", "vocabulary");
}

}  // namespace
}  // namespace e2lm
