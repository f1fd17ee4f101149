// Perplexities by `run`, of texts as data sets have them.

#include <gtest/gtest.h>

#include <cmath>

#include "base/json.h"
#include "tests/support/program.h"
#include "tests/support/run_folder.h"

namespace e2lm {
namespace {

class RollingCommandTest : public testing::Test {
 protected:
  // The metrics of these texts.
  Json perplexities(const std::vector<std::string>& texts) const {
    std::string lines;
    for (const std::string& text : texts) lines += Json{{"text", text}}.dump() + "\n";
    folder_.scratch.write("texts.jsonl", lines);
    const Path task = folder_.scratch.write("texts.yaml",
                                            "task: texts\n"
                                            "output_type: loglikelihood_rolling\n"
                                            "dataset_path: json\n"
                                            "dataset_kwargs:\n"
                                            "  data_files: {test: texts.jsonl}\n"
                                            "test_split: test\n"
                                            "doc_to_text: ''\n"
                                            "doc_to_target: '{{text}}'\n"
                                            "metric_list:\n"
                                            "  - metric: word_perplexity\n"
                                            "  - metric: bits_per_byte\n");
    const Path output = folder_.scratch / "results.json";
    std::filesystem::remove(output);
    const ProgramResult result =
        run_program({.arguments = {"run", "--model_args",
                                   "pretrained=" + folder_.checkpoint(80).string() +
                                       ",tokenizer=" + (folder_.scratch / "tokenizer").string(),
                                   "--tasks", task, "--quiet", "--output_path", output}});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    for (const Path& file : list_folder(folder_.scratch.folder())) {
      const std::string name = file.filename();
      if (!name.starts_with("results") || !name.ends_with(".json")) continue;
      const Json json = parse_json(read_file(file), name);
      std::filesystem::remove(file);
      return json["results"]["texts"];
    }
    ADD_FAILURE() << "no results";
    return {};
  }

  RunFolder folder_;
};

// A blank document has no log-likelihood, no bytes, and one word, as Python's split gives it.
TEST_F(RollingCommandTest, BlankDocumentsCountAsInTheOriginal) {
  const Json whole = perplexities({"a dog is an animal", "red is a colour"});
  const Json blank = perplexities({"a dog is an animal", "", "red is a colour"});
  const auto value = [](const Json& json, const char* key) { return json[key].get<double>(); };
  EXPECT_EQ(value(blank, "bits_per_byte,none"), value(whole, "bits_per_byte,none"));
  EXPECT_NEAR(10 * std::log(value(blank, "word_perplexity,none")),
              9 * std::log(value(whole, "word_perplexity,none")), 1e-9);
}

}  // namespace
}  // namespace e2lm
