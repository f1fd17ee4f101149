// What a submission asks: one for each thing that can be wrong with it.

#include "harness/submission/check.h"

#include "tests/harness/submission/checked_place.h"
#include "tests/support/expect_error.h"

namespace e2lm::submission {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(SubmissionCheckTest, AnHonestOneIsValid) {
  Place place;
  const Verdict verdict = place.check(SubmissionFiles());
  EXPECT_EQ(verdict.status(), Status::valid) << verdict.faults[0].text;
  EXPECT_THAT(verdict.warnings, IsEmpty());
  EXPECT_EQ(verdict.name, "entry");
  EXPECT_EQ(verdict.form, "patch");
  EXPECT_EQ(verdict.task, "stars");
  EXPECT_EQ(verdict.metric, "acc");
  EXPECT_EQ(verdict.checks["samples"]["documents"], 120);
  EXPECT_EQ(verdict.checks["samples"]["requests"], 480);
  EXPECT_EQ(verdict.checks["samples"]["shots"], 2);
  EXPECT_EQ(verdict.checks["leakage"]["searched"], 120);
  EXPECT_EQ(verdict.checks["few_shot"]["example_rows"], 2);
  EXPECT_EQ(verdict.checks["domain"]["statement"], "no judge was asked");
  EXPECT_EQ(verdict.patch["added"].size(), 3u);
}

TEST(SubmissionCheckTest, AFolderOfOursNeedsNoMetadata) {
  Place place;
  const Path folder = SubmissionFiles().write_folder(place.scratch / "mine");
  const Verdict verdict = place.check(folder);
  EXPECT_EQ(verdict.status(), Status::valid) << verdict.faults[0].text;
  EXPECT_EQ(verdict.form, "folder");
  EXPECT_EQ(verdict.task, "stars");
  EXPECT_EQ(verdict.metric, "acc");
  write_file(folder / "metadata.yaml", "task_name: stars\ntask_metric: acc_norm,none\n");
  EXPECT_EQ(Place().check(folder).metric, "acc_norm");
}

TEST(SubmissionCheckTest, OneFolderAroundEverythingIsFine) {
  Place place;
  const SubmissionFiles files;
  const Path zip = write_archive(
      place.scratch / "e.zip",
      {{"entry/evaluation.patch", files.patch()}, {"entry/metadata.yaml", files.metadata}});
  EXPECT_EQ(place.check(zip).status(), Status::valid);
}

TEST(SubmissionCheckTest, NumberOfSamples) {
  SubmissionFiles few, most, many;
  few.test.resize(99);
  expect_fault(few, "samples", "has 99 samples (expected 100 to 15,000)");
  most.test = SubmissionFiles::rows(15'000, "star");
  EXPECT_EQ(Place().check(most).status(), Status::valid);
  many.test = SubmissionFiles::rows(15'001, "star");
  expect_fault(many, "samples", "has 15,001 samples");
}

TEST(SubmissionCheckTest, AnswersInPrompts) {
  SubmissionFiles files;
  for (int i = 0; i < 12; ++i) {
    Json& row = files.test[i];
    const std::string gold = row["choices"][row["answer"].get<int>()];
    row["question"] = row["question"].get<std::string>() + " (Not " + gold + ".)";
  }
  expect_fault(files, "leakage", "of 12 of 120 items",
               "stars document 0: ", "expected at most 5.0 %");
}

// What a prompt says of all choices alike is no leak: lists of choices, letters, single numbers.
TEST(SubmissionCheckTest, ListedChoicesAreNoLeak) {
  SubmissionFiles listed;
  for (Json& row : listed.test) {
    std::string question = row["question"];
    for (const Json& choice : row["choices"]) question += "\n- " + choice.get<std::string>();
    row["question"] = question;
  }
  Place place;
  Verdict verdict = place.check(listed);
  EXPECT_EQ(verdict.status(), Status::valid) << verdict.faults[0].text;
  EXPECT_EQ(verdict.checks["leakage"]["leaked"], 0);
  EXPECT_EQ(verdict.checks["leakage"]["listed"], 120);

  SubmissionFiles letters;
  for (auto* rows : {&letters.test, &letters.dev}) {
    for (Json& row : *rows) {
      row["question"] = "A star, as a rule: " + row["question"].get<std::string>();
      row["choices"] = {"A", "B", "C", "D"};
    }
  }
  verdict = place.check(letters);
  EXPECT_EQ(verdict.status(), Status::valid) << verdict.faults[0].text;
  EXPECT_EQ(verdict.checks["leakage"]["leaked"], 30) << "the article, where A is right";
  EXPECT_NEAR(verdict.checks["leakage"]["excess"].get<double>(), 0, 1e-9);
  for (int i = 0; i < 12; ++i) {
    const int answer = letters.test[i]["answer"];
    letters.test[i]["question"] = "It is not so that (" + std::string(1, "ABCD"[answer]) + "), " +
                                  std::string(1, "ABCD"[answer]) + " is wrong. " +
                                  letters.test[i]["question"].get<std::string>();
  }
  expect_fault(letters, "leakage");
}

// Numbers of a question stand among right and wrong answers alike.
TEST(SubmissionCheckTest, ChanceIsNoLeak) {
  SubmissionFiles files;
  for (int i = 0; i < 120; ++i) {
    Json& row = files.test[i];
    row["choices"] = {std::to_string(i), std::to_string(i + 200), std::to_string(i + 400),
                      std::to_string(i + 600)};
  }
  Place place;
  const Verdict verdict = place.check(files);
  EXPECT_EQ(verdict.status(), Status::valid) << verdict.faults[0].text;
  EXPECT_EQ(verdict.checks["leakage"]["leaked"], 30);
  EXPECT_NEAR(verdict.checks["leakage"]["wrong_alone"].get<double>(), 30, 1e-9);
  EXPECT_NEAR(verdict.checks["leakage"]["excess"].get<double>(), 0, 1e-9);
}

TEST(SubmissionCheckTest, RepeatedItems) {
  SubmissionFiles files;
  for (int i = 0; i < 10; ++i) {
    Json copy = files.test[i];
    copy["question"] = "  " + copy["question"].get<std::string>();  // the same words
    std::swap(copy["choices"][0], copy["choices"][2]);
    const int answer = copy["answer"];
    copy["answer"] = answer == 0 ? 2 : answer == 2 ? 0 : answer;
    files.test.push_back(copy);
  }
  expect_fault(files, "duplicates", "10 of 130 items are there before", "stars document 120 is");
}

TEST(SubmissionCheckTest, ExamplesThatAreAsked) {
  SubmissionFiles files;
  files.dev = {files.test[3], files.test[4]};
  expect_fault(files, "few_shot", "2 of 120 items stand with their answer among the examples",
               "stars document 3");
  SubmissionFiles pool;  // drawn at random from rows of which many are asked
  pool.yaml.replace(pool.yaml.find("first_n"), 7, "default");
  pool.dev = SubmissionFiles::rows(400, "comet");
  pool.dev.insert(pool.dev.end(), pool.test.begin(), pool.test.begin() + 40);
  Place place;
  const Verdict verdict = place.check(pool);
  ASSERT_THAT(codes(verdict.faults), ElementsAre("few_shot"));
  EXPECT_EQ(verdict.checks["few_shot"]["items_in_rows"], 40);
}

TEST(SubmissionCheckTest, OverlapWithAText) {
  SubmissionFiles files;
  std::string text = "A page about something else.\nIt says:";
  for (int i = 0; i < 9; ++i) {
    text += " \"" + files.test[i]["question"].get<std::string>() + "\"\n";
  }
  Place place;
  CheckOptions options;
  options.against = {place.scratch.write("corpus.txt", text)};
  Verdict verdict = place.check(files, options);
  ASSERT_THAT(codes(verdict.faults), ElementsAre("overlap"));
  EXPECT_EQ(verdict.checks["overlap"]["found"], 9);
  EXPECT_THAT(verdict.faults[0].text, HasSubstr("corpus.txt:2"));

  const Json row = {{"id", 1}, {"text", {{"inner", files.test[5]["question"]}}}};
  options.against = {place.scratch.write("rows.jsonl", row.dump() + "\n\n{\"text\": \"x\"}\n")};
  verdict = place.check(files, options);
  EXPECT_EQ(verdict.status(), Status::valid);
  EXPECT_EQ(verdict.checks["overlap"]["found"], 1);
  EXPECT_THAT(verdict.warnings[0].text, HasSubstr("stars document 5 in"));

  options.against = {place.scratch / "nowhere.txt"};
  expect_error([&] { place.check(files, options); }, "nowhere.txt: no such file");
}

}  // namespace
}  // namespace e2lm::submission
