// Checkpoints of the hub whose weights are several files: what their index names is what counts.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/checkpoint.h"
#include "harness/hub/fetch.h"
#include "tests/support/made_hub.h"
#include "tests/support/places.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"
#include "tests/support/task_files.h"

namespace e2lm {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace fs = std::filesystem;

std::string index_of(const std::map<std::string, std::string>& files_by_tensor) {
  return Json{{"metadata", Json::object()}, {"weight_map", files_by_tensor}}.dump();
}

class ShardsTest : public testing::Test {
 protected:
  ShardsTest() { hub_.add("org/model", "main", "config.json", "{}", false); }

  void add_index(const std::string& text) {
    hub_.add("org/model", "main", kWeightsIndex, text, false);
  }
  std::string add_shard(const std::string& name) {
    return hub_.add("org/model", "main", name, "the bytes of " + name, true);
  }

  FetchSummary fetch() {
    Hub hub(hub_.settings(cache_), {});
    return Fetcher(hub, {.quiet = true}).fetch_checkpoints({place_});
  }

  std::string refusal() {
    const FetchSummary summary = fetch();
    EXPECT_EQ(summary.failures.size(), 1u);
    EXPECT_THAT(hub_.store().requests(), IsEmpty()) << "no weights are downloaded in vain";
    return summary.failures.empty() ? "" : summary.failures.front();
  }

  Path folder() const { return HubCache(cache_).folder(place_); }

  Scratch scratch_;
  Path cache_ = scratch_ / "cache";
  MadeHub hub_;
  HubPlace place_{"org/model", "main", ""};
};

TEST_F(ShardsTest, WhatTheIndexNamesIsFetchedWhateverItsName) {
  add_index(index_of({{"a", "pytorch_model-00001-of-2.safetensors"}, {"b", "last.safetensors"}}));
  add_shard("pytorch_model-00001-of-2.safetensors");
  add_shard("last.safetensors");
  const std::string stale = add_shard("model-00001-of-00003.safetensors");
  const FetchSummary summary = fetch();
  EXPECT_THAT(summary.failures, IsEmpty());
  EXPECT_EQ(summary.files, 4) << "configuration, index and two shards";
  EXPECT_TRUE(is_complete_checkpoint(folder()));
  EXPECT_EQ(read_file(folder() / "last.safetensors"), "the bytes of last.safetensors");
  EXPECT_EQ(hub_.sent(stale), 0) << "the index names no such file";
  EXPECT_EQ(fetch().files, 0);
}

TEST_F(ShardsTest, AShardThatTheHubLacksIsNamed) {
  add_index(index_of({{"a", "model-1.safetensors"}, {"b", "model-2.safetensors"}}));
  add_shard("model-1.safetensors");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("org/model@"), HasSubstr(kWeightsIndex),
                               HasSubstr("names model-2.safetensors, which the repository lacks")));
}

TEST_F(ShardsTest, NamesThatLeadElsewhereAreRefused) {
  for (const std::string name : {"../x.safetensors", "/etc/x.safetensors", "w/x.safetensors"}) {
    add_index(index_of({{"a", name}}));
    add_shard("w/x.safetensors");
    EXPECT_THAT(refusal(), AllOf(HasSubstr(name), HasSubstr("the name of a file beside it")));
    fs::remove_all(cache_);
  }
  const std::string endless = std::string(300, 'x') + ".safetensors";
  add_shard(endless);
  for (const std::string& name : std::vector<std::string>{"..", "config.json", endless}) {
    add_index(index_of({{"a", name}}));
    EXPECT_THAT(refusal(), HasSubstr("names of files that end in .safetensors"));
    fs::remove_all(cache_);
  }
}

TEST_F(ShardsTest, DamagedIndexesAreNamed) {
  for (const std::string text : {"", "[]", "{\"weight_map\": 3}", "{\"weight_map\": {\"a\": 3}}"}) {
    add_index(text);
    EXPECT_THAT(refusal(), HasSubstr(kWeightsIndex)) << text;
    fs::remove_all(cache_);
  }
}

TEST_F(ShardsTest, TheKeyIsThatOfTheFetchedFolder) {
  const std::string odd = "pytorch_model.safetensors";
  add_index(index_of({{"a", odd}, {"b", "model-2.safetensors"}}));
  add_shard(odd);
  add_shard("model-2.safetensors");
  fetch();
  Hub hub(hub_.settings(cache_), {});
  std::vector<HubFile> listed;
  for (const WantedFile& file : Fetcher(hub, {.quiet = true}).files(place_)) {
    listed.push_back(file.file);
  }
  const std::string key = content_key(listed);
  EXPECT_EQ(content_of_folder(folder()), key);
  hub_.add("org/model", "main", odd, "other bytes", true);
  fs::remove_all(cache_);
  fetch();
  EXPECT_NE(content_of_folder(folder()), key) << "other weights";
}

TEST_F(ShardsTest, CommandsTellWhatIsMissing) {
  const Path whole = source_dir() / "series/small-deep/iter_0000040";
  const std::string shard = "pytorch_model-00001-of-00001.safetensors";
  std::map<std::string, std::string> placed;
  const Checkpoint checkpoint = Checkpoint::open(whole);
  for (const Tensor* tensor : checkpoint.tensors()) placed[tensor->name] = shard;
  hub_.add("org/model", "main", "config.json", read_file(whole / "config.json"), false);
  hub_.add("org/model", "main", "tokenizer.json",
           read_file(source_dir() / "series/tokenizer/tokenizer.json"), false);
  add_index(index_of(placed));
  TaskFiles().write(scratch_, "tasks");
  const auto run = [&](std::vector<std::string> words) {
    return run_program({.arguments = std::move(words),
                        .folder = scratch_.folder(),
                        .environment = hub_.environment(scratch_ / "hf")});
  };
  const ProgramResult part = run({"fetch", "-q", "--model", "org/model"});
  EXPECT_EQ(part.exit_code, 1);
  EXPECT_THAT(part.output, HasSubstr("names " + shard + ", which the repository lacks"));

  hub_.add("org/model", "main", shard, read_file(whole / kWeightsFile), true);
  const ProgramResult fetched = run({"fetch", "-q", "--model", "org/model"});
  EXPECT_EQ(fetched.exit_code, 0) << fetched.output;
  const std::vector<std::string> words = {
      "run",          "-q",
      "--model_args", "pretrained=org/model",
      "--tasks",      (scratch_ / "tasks/colours.yaml").string()};
  const ProgramResult scored = run(words);
  EXPECT_EQ(scored.exit_code, 0) << scored.errors;
  EXPECT_THAT(scored.output, HasSubstr("colours"));

  fs::remove(HubCache(scratch_ / "hf/hub").folder(place_) / shard);
  const ProgramResult lacking = run(words);
  EXPECT_EQ(lacking.exit_code, 2);
  EXPECT_THAT(lacking.errors, AllOf(HasSubstr("the hub's cache lacks a part of it: " + shard),
                                    HasSubstr("`e2lm fetch --model org/model")));
}

}  // namespace
}  // namespace e2lm
