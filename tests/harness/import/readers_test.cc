// Each format as it is, and its damaged twin.

#include "harness/import/readers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/harness/import/read_known.h"
#include "tests/support/expect_error.h"
#include "tests/support/result_files.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ReadersTest : public testing::Test {
 protected:
  ImportedFile read(const std::string& text, const std::string& name = "file.json") const {
    return read_known(scratch_.write(name, text));
  }

  template <typename... Parts>
  void expect_refused(const std::string& text, const Parts&... parts) const {
    SCOPED_TRACE(text.substr(0, 200));
    expect_error([&] { read(text); }, "file.json", parts...);
  }

  Scratch scratch_;
};

TEST_F(ReadersTest, LmEval) {
  Json json = lm_eval_results("pretrained=org/model,revision=step3000,dtype=float", "mmlu_x",
                              {{"acc,none", 0.5},
                               {"acc_stderr,none", 0.25},
                               {"exact_match,strict-match", 0.125},
                               {"exact_match_stderr,strict-match", "N/A"}});
  json["configs"]["mmlu_x"]["doc_to_choice"] = {"A", "B", "C", "D"};
  json["groups"] = {{"mmlu", {{"alias", "mmlu"}, {"acc,none", 0.75}, {"acc_stderr,none", 0.1}}}};
  json["date"] = 1753606306.5;
  const ImportedFile file = read(json.dump(1));
  EXPECT_EQ(file.format, "lm-evaluation-harness results");
  EXPECT_EQ(file.written, 1753606306.5);
  ASSERT_EQ(file.checkpoints.size(), 1u);
  const ImportedOrigin& origin = file.checkpoints[0].origin;
  EXPECT_EQ(origin.model, "org/model");
  EXPECT_EQ(origin.revision, "step3000");
  EXPECT_EQ(file.checkpoints[0].scores.size(), 3u);
  const ImportedScore& acc = score(file, 0, "mmlu_x", "acc");
  EXPECT_EQ(acc.value, 0.5);
  EXPECT_EQ(acc.standard_error, 0.25);
  EXPECT_EQ(acc.samples, 80);
  EXPECT_EQ(acc.higher_is_better, true);
  EXPECT_EQ(acc.chance, 0.25) << "four letters";
  EXPECT_THAT(acc.where, HasSubstr("file.json: results.mmlu_x.acc,none"));
  const ImportedScore& strict = score(file, 0, "mmlu_x", "exact_match,strict-match");
  EXPECT_EQ(strict.standard_error, std::nullopt);
  EXPECT_EQ(strict.higher_is_better, std::nullopt);
  EXPECT_EQ(score(file, 0, "mmlu", "acc").value, 0.75) << "a group";
}

TEST_F(ReadersTest, ModelArgsMayBeAnObject) {
  Json json = lm_eval_results("", "t", {{"acc,none", 0.5}});
  json["config"]["model_args"] = {{"pretrained", "a/b"}, {"subfolder", "iter_7"}, {"n", 3}};
  const ImportedFile file = read(json.dump());
  EXPECT_EQ(file.checkpoints[0].origin.model, "a/b");
  EXPECT_EQ(file.checkpoints[0].origin.subfolder, "iter_7");
  EXPECT_EQ(file.checkpoints[0].origin.model_args, "pretrained=a/b,subfolder=iter_7,n=3");
}

TEST_F(ReadersTest, OldLmEval) {
  const Json json = old_lm_eval_results(
      "use_accelerate=True,pretrained=org/m,revision=step8",
      {{"sciq", {{"acc", 0.5}, {"acc_stderr", 0.1}, {"acc_norm", 0.25}}}, {"l", {{"ppl", 3.5}}}});
  const ImportedFile file = read(json.dump());
  EXPECT_EQ(file.format, "lm-evaluation-harness results, old layout");
  EXPECT_EQ(file.checkpoints[0].origin.revision, "step8");
  EXPECT_EQ(file.checkpoints[0].scores.size(), 3u);
  EXPECT_EQ(score(file, 0, "sciq", "acc").standard_error, 0.1);
  EXPECT_EQ(score(file, 0, "sciq", "acc_norm").standard_error, std::nullopt);
  EXPECT_EQ(score(file, 0, "l", "ppl").value, 3.5);
}

TEST_F(ReadersTest, PlotData) {
  const ImportedFile file = read(R"({"metadata": {"metrics": ["a"]}, "data": {
    "s2": {"model_type": ["x", "x"], "iteration": [4000, 2000], "gtokens": [4.2, 2.1],
           "a": [0.5, 0.25], "a_stderr": [0.1, null]},
    "s1": {"iteration": [7], "a": [NaN]}}})");
  ASSERT_EQ(file.checkpoints.size(), 3u);
  EXPECT_EQ(file.checkpoints[0].origin.series, "s2");
  EXPECT_EQ(file.checkpoints[0].origin.step, 4000);
  EXPECT_DOUBLE_EQ(*file.checkpoints[0].origin.tokens, 4.2e9);
  EXPECT_EQ(score(file, 0, "a", "score").value, 0.5);
  EXPECT_EQ(score(file, 0, "a", "score").standard_error, 0.1);
  EXPECT_EQ(score(file, 1, "a", "score").standard_error, std::nullopt);
  EXPECT_EQ(file.checkpoints[2].origin.tokens, std::nullopt);
  EXPECT_EQ(score(file, 2, "a", "score").value, std::nullopt);
  EXPECT_EQ(score(file, 2, "a", "score").instead, "NaN");
}

TEST_F(ReadersTest, ATaskOfSwedishIsNoStandardError) {
  const ImportedFile file = read(R"({"metadata": {}, "data": {
    "s": {"iteration": [1], "mmlu": [0.5], "mmlu_se": [0.25], "arc_se": [0.75]}}})");
  EXPECT_EQ(score(file, 0, "mmlu_se", "score").value, 0.25);
  EXPECT_EQ(score(file, 0, "arc_se", "score").value, 0.75);
  EXPECT_EQ(score(file, 0, "mmlu", "score").standard_error, std::nullopt);
}

TEST_F(ReadersTest, PlotDataInOtherUnits) {
  const auto tokens = [&](const std::string& key) {
    return read(R"({"metadata": {}, "data": {"s": {"iteration": [1], ")" + key +
                R"(": [2], "a": [1]}}})")
        .checkpoints[0]
        .origin.tokens;
  };
  EXPECT_EQ(tokens("tokens"), 2);
  EXPECT_EQ(tokens("mtokens"), 2e6);
  EXPECT_EQ(tokens("btokens"), 2e9);
  EXPECT_EQ(tokens("ttokens"), 2e12);
}

TEST_F(ReadersTest, ListsMustRunInParallel) {
  expect_refused(R"({"metadata": {}, "data": {"s": {"iteration": [1, 2], "a": [0.5]}}})",
                 "data.s.a: has 1 entries", "2, as 'iteration' has");
  expect_refused(R"({"metadata": {}, "data": {"s": {"iteration": [1], "gtokens": [1, 2]}}})",
                 "data.s.gtokens: has 2 entries");
  expect_refused(R"({"metadata": {}, "data": {"s": {"iteration": [1], "a": []}}})",
                 "data.s.a: has 0 entries");
  expect_refused(R"({"metadata": {}, "data": {"s": {"a": [1]}}})", "data.s: has no 'iteration'");
  expect_refused(R"({"metadata": {}, "data": {"s": {"iteration": [1.5], "a": [1]}}})",
                 "data.s.iteration[0]: is 1.5", "a whole number");
  expect_refused(R"({"metadata": {}, "data": {"s": {"iteration": ["1"], "a": [1]}}})",
                 "data.s.iteration[0]: is a text");
  expect_refused(R"({"metadata": {}, "data": {"s": {"iteration": 5, "a": [1]}}})",
                 "data.s.iteration: is a number", "a list");
  expect_refused(
      R"({"metadata": {}, "data": {"s": {"iteration": [1], "gtokens": [1], "tokens": [1]}}})",
      "has both 'tokens' and 'gtokens'");
  expect_refused(R"({"tokens": [1], "checkpoints": [1], "results": {"t": {"acc": [1, 2]}}})",
                 "results.t.acc: has 2 entries");
  expect_refused(R"({"tokens": [1], "checkpoints": [1], "results": {"t": {"acc": 5}}})",
                 "results.t.acc: is a number");
}

TEST_F(ReadersTest, Aggregate) {
  const ImportedFile file = read(R"({"tokens": [1e10, 2e10], "checkpoints": [100, 200],
    "results": {"sciq": {"acc": [0.5, "N/A"], "acc_stderr": [0.1, 0.2]},
                "mc_taco": {"em": [0.1, 0.2], "f1": [0.3, 0.4]}}})");
  EXPECT_EQ(file.format, "BigScience aggregate");
  ASSERT_EQ(file.checkpoints.size(), 2u);
  EXPECT_EQ(file.checkpoints[1].origin.step, 200);
  EXPECT_EQ(file.checkpoints[1].origin.tokens, 2e10);
  EXPECT_EQ(file.checkpoints[0].scores.size(), 3u);
  EXPECT_EQ(score(file, 0, "sciq", "acc").standard_error, 0.1);
  EXPECT_EQ(score(file, 1, "sciq", "acc").instead, "N/A");
  EXPECT_EQ(score(file, 1, "mc_taco", "f1").value, 0.4);
}

TEST_F(ReadersTest, PackedFilesAndByteOrderMarks) {
  const Json json = old_lm_eval_results("pretrained=m", {{"t", {{"acc", 0.5}}}});
  EXPECT_EQ(read("\xEF\xBB\xBF" + json.dump()).checkpoints.size(), 1u);
  EXPECT_EQ(read("\xEF\xBB\xBFstep,task,value\n1,a,1\n", "t.csv").checkpoints.size(), 1u);
  const Path packed = scratch_ / "x.json.gz";
  gzFile out = ::gzopen(packed.c_str(), "wb");
  const std::string text = json.dump();
  ::gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
  ::gzclose(out);
  EXPECT_EQ(read_result_file(packed)->checkpoints.size(), 1u);
  const std::string bytes = read_file(packed);
  write_file(packed, bytes.substr(0, bytes.size() / 2));
  expect_error([&] { read_result_file(packed); }, "x.json.gz");
}

TEST_F(ReadersTest, EveryTruncationIsAnErrorThatNamesTheFile) {
  const std::string text = lm_eval_results("pretrained=m", "t", {{"acc,none", 0.5}}).dump(1);
  for (size_t length = 1; length < text.size(); length += 7) {
    expect_refused(text.substr(0, length));
  }
}

TEST_F(ReadersTest, WrongTypesNameTheKey) {
  const auto values = [](const Json& value) {
    return lm_eval_results("pretrained=m", "t", {{"acc,none", value}}).dump();
  };
  expect_refused(values("half"), "results.t.acc,none: is the text 'half'");
  expect_refused(values(true), "results.t.acc,none: is true or false");
  expect_refused(values({1, 2}), "results.t.acc,none: is a list");
  expect_refused(values({{"a", 1}}), "results.t.acc,none: is an object");
  expect_refused(values(std::string(1000, 'x')), "xxx..");
  Json json = lm_eval_results("pretrained=m", "t", {{"acc,none", 0.5}});
  json["n-samples"]["t"]["effective"] = "many";
  expect_refused(json.dump(), "n-samples.t.effective: is a text");
  json["n-samples"] = 5;
  expect_refused(json.dump(), "n-samples: is a number (expected an object)");
  json.erase("n-samples");
  json["config"] = {1};
  expect_refused(json.dump(), "config: is a list");
  json["config"] = {{"model_args", 7}};
  expect_refused(json.dump(), "config.model_args: is a number");
  json["results"]["u"] = "no";
  expect_refused(json.dump());
  expect_refused(R"({"results": {"t": 5}, "versions": {}})", "results.t: is a number");
}

TEST_F(ReadersTest, HostileTexts) {
  const std::string digits(1'000'000, '9');
  const auto old_file = [](const std::string& value) {
    return R"({"results": {"t": {"acc": )" + value + R"(}}, "versions": {}})";
  };
  EXPECT_EQ(score(read(old_file(digits)), 0, "t", "acc").instead, "Infinity");
  EXPECT_EQ(score(read(old_file("-Infinity")), 0, "t", "acc").instead, "-Infinity");
  EXPECT_EQ(score(read(old_file("0." + digits)), 0, "t", "acc").value, 1.0);
  expect_refused(R"({"metadata": {}, "data": {"s": {"iteration": [)" + digits + R"(], "a": [1]}}})",
                 "iteration[0]: is not finite");
  expect_refused(R"({"results": {"t": {"acc": 1, "acc": 2}}, "versions": {}})", "'acc' twice");
  expect_refused("{\"results\": {\"t\xFF\": {}}, \"versions\": {}}", "UTF-8");
  expect_refused(std::string(500, '[') + std::string(500, ']'), "nested deeper");
  EXPECT_FALSE(read_result_file(scratch_.write("other.json", R"({"name": "config"})")));
  EXPECT_FALSE(read_result_file(scratch_.write("list.json", "[1, 2]")));
  EXPECT_FALSE(read_result_file(scratch_.write("rows.jsonl", "{\"a\": 1}\n{\"a\": 2}\n")));
  const std::string script = "</script><script>alert(1)</script>";
  const ImportedFile file = read(old_lm_eval_results("", {{script, {{"acc", 1}}}}).dump());
  EXPECT_EQ(file.checkpoints[0].scores[0].task, script) << "a name is text";
}

TEST_F(ReadersTest, SamplesTakeTheirRunFromTheFileBeside) {
  const std::string time = "2026-01-31T12-00-00.000000";
  const auto line = [](int id, const char* gold) {
    return Json({{"doc_id", id},
                 {"target", gold},
                 {"arguments",
                  {{"gen_args_0", {{"arg_0", "Q:"}, {"arg_1", " red"}}},
                   {"gen_args_1", {{"arg_0", "Q:"}, {"arg_1", " blue"}}}}},
                 {"filtered_resps",
                  Json::array({Json::array({"-2.5", "False"}), Json::array({"-1.5", "True"})})},
                 {"filter", "none"},
                 {"acc", std::string(gold) == "1" ? 1.0 : 0.0}})
        .dump();
  };
  const Path samples =
      scratch_.write("samples_t_" + time + ".jsonl", line(1, "0") + "\n" + line(0, "1") + "\n");
  ImportedFile alone = *read_result_file(samples);
  EXPECT_EQ(alone.format, "lm-evaluation-harness samples");
  const ImportedItems& items = alone.checkpoints[0].items[0];
  EXPECT_THAT(items.ids, ElementsAre(0, 1)) << "by number";
  EXPECT_EQ(items.items[0].gold[0], 1);
  EXPECT_EQ(score(alone, 0, "t", "acc").value, 0.5) << "computed from the documents";
  EXPECT_EQ(score(alone, 0, "t", "acc").chance, 0.5);
  EXPECT_EQ(alone.checkpoints[0].origin.model, "");

  scratch_.write("results_" + time + ".json",
                 lm_eval_results("pretrained=m,revision=step5", "t",
                                 {{"acc,none", 0.5}, {"acc_stderr,none", 0.125}})
                     .dump());
  const ImportedFile beside = *read_result_file(samples);
  EXPECT_EQ(beside.checkpoints[0].origin.revision, "step5");
  EXPECT_EQ(score(beside, 0, "t", "acc").standard_error, 0.125) << "as the results say";
  const Json generated = {{"doc_id", 0},
                          {"arguments", {{"gen_args_0", {{"arg_0", "Q:"}, {"arg_1", {{"k", 1}}}}}}},
                          {"filtered_resps", {"a text"}}};
  EXPECT_FALSE(read_result_file(scratch_.write("samples_g.jsonl", generated.dump())));
  expect_error([&] { read_result_file(scratch_.write("some.jsonl", line(0, "1"))); }, "some.jsonl",
               "which task");
}

}  // namespace
}  // namespace e2lm
