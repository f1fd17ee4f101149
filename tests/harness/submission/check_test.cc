// One submission for each thing that can be wrong with one.

#include "harness/submission/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/golden_run_files.h"
#include "tests/support/scratch.h"
#include "tests/support/submission_files.h"

namespace e2lm::submission {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

using Status = Verdict::Status;

// A folder around everything, so that whatever is written elsewhere in it is seen.
struct Place {
  Scratch scratch;
  Path work = scratch / "deep/work";

  Place() { std::filesystem::create_directories(work); }

  std::vector<Path> tree() const {
    std::vector<Path> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch.folder())) {
      if (!entry.path().string().starts_with(work.string() + "/")) paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  Verdict check(const Path& path, const CheckOptions& options = {}) {
    const std::vector<Path> before = tree();
    Verdict verdict = check_submission(path, work, options).verdict;
    EXPECT_EQ(tree(), before) << "something was written outside of the scratch folder";
    return verdict;
  }

  Verdict check(const SubmissionFiles& files, const CheckOptions& options = {}) {
    std::filesystem::remove_all(work / "files");
    return check(files.write_zip(scratch / "entry.zip"), options);
  }
};

std::vector<std::string> codes(const std::vector<Fault>& faults) {
  std::vector<std::string> list;
  for (const Fault& fault : faults) list.push_back(fault.code);
  return list;
}

// The verdict on files has this fault and no other, with these words.
template <typename... Parts>
void expect_fault(const SubmissionFiles& files, const std::string& code, const Parts&... parts) {
  Place place;
  const Verdict verdict = place.check(files);
  EXPECT_EQ(verdict.status(), Status::invalid);
  ASSERT_THAT(codes(verdict.faults), ElementsAre(code)) << verdict.faults[0].text;
  for (const std::string& part : std::vector<std::string>{std::string(parts)...}) {
    EXPECT_THAT(verdict.faults[0].text, HasSubstr(part));
  }
}

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

TEST(SubmissionCheckTest, Metadata) {
  SubmissionFiles none, name, metric, filter, broken, empty;
  none.metadata = "";
  expect_fault(none, "metadata", "metadata.yaml is missing");
  name.metadata = "task_name: star\ntask_metric: acc,none\n";
  expect_fault(name, "task", "no task or group 'star'; is 'stars' meant?", "it has stars");
  metric.metadata = "task_name: stars\ntask_metric: f1,none\n";
  expect_fault(metric, "metric", "does not report the metric 'f1'", "acc, acc_norm");
  filter.metadata = "task_name: stars\ntask_metric: acc,strict\n";
  expect_fault(filter, "metric", "has no filter 'strict'");
  empty.metadata = "task_name:\nhf_token: hf_SecretSecret123\n";
  expect_fault(empty, "metadata", "task_name' is missing", "'task_metric' is missing");
  broken.metadata = "task_name: [stars\nhf_token: hf_SecretSecret123\n";
  Place place;
  const Verdict verdict = place.check(broken);
  ASSERT_EQ(verdict.faults[0].code, "metadata");
  EXPECT_THAT(verdict_json(verdict).dump(), Not(HasSubstr("SecretSecret")));
}

TEST(SubmissionCheckTest, TheTokenIsNowhere) {
  SubmissionFiles files;
  files.metadata = "task_name: hf_SecretSecret123\ntask_metric: key-of-4\nhf_token: key-of-4\n";
  files.yaml += "task_alias: key-of-4\n";
  Place place;
  const Verdict verdict = place.check(files);
  EXPECT_EQ(verdict.status(), Status::invalid);
  const std::string shown = verdict_json(verdict).dump() + verdict_text(verdict_json(verdict));
  EXPECT_THAT(shown, Not(HasSubstr("SecretSecret")));
  EXPECT_THAT(shown, Not(HasSubstr("key-of-4")));
  EXPECT_FALSE(std::filesystem::exists(place.work / "files/metadata.yaml"));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(place.work)) {
    if (entry.is_regular_file()) {
      EXPECT_THAT(read_file(entry.path()), Not(HasSubstr("key-of-4"))) << entry.path();
    }
  }
}

// Written by who has no token. Taken out of the files, it would change questions or keys.
TEST(SubmissionCheckTest, AWordInTheTokensPlaceIsNoSecret) {
  SubmissionFiles files;
  files.test[0]["question"] = "Which colour has none of the stars? I test your_token_here!";
  files.metadata = "task_name: stars\ntask_metric: acc,none\nhf_token: ";
  for (const std::string word : {"none", "test", "colour", "question", "your_token_here"}) {
    SubmissionFiles with = files;
    with.metadata += word + "\n";
    Place place;
    EXPECT_EQ(place.check(with).status(), Status::valid) << word;
    const std::string rows = read_file(place.work / "files/lm_eval/tasks/stars/test.jsonl");
    EXPECT_EQ(rows, SubmissionFiles::lines(files.test)) << word;
  }
}

TEST(SubmissionCheckTest, PythonIsRefusedByFileAndKey) {
  SubmissionFiles function;
  function.yaml += "process_docs: !function utils.process\n";
  function.more["utils.py"] = "def process(docs):\n    return docs\n";
  expect_fault(function, "python", "lm_eval/tasks/stars/stars.yaml:17", "'process_docs'",
               "utils.process");
  SubmissionFiles core;
  core.more_patch = added_file("lm_eval/filters/mine.py", "x = 1\n");
  expect_fault(core, "python", "lm_eval/filters/mine.py adds Python");
  SubmissionFiles changed;
  changed.more_patch =
      "diff --git a/lm_eval/api/metrics.py b/lm_eval/api/metrics.py\nindex 1..2 100644\n"
      "--- a/lm_eval/api/metrics.py\n+++ b/lm_eval/api/metrics.py\n@@ -1 +1 @@\n-a\n+b\n";
  expect_fault(changed, "python", "lm_eval/api/metrics.py changes Python of the harness itself");
  SubmissionFiles unused;  // a script that made the files, as winners left beside them
  unused.more["_generate.py"] = "print('yaml')\n";
  Place place;
  const Verdict verdict = place.check(unused);
  EXPECT_EQ(verdict.status(), Status::valid);
  EXPECT_EQ(verdict.patch["python"], Json::array({"lm_eval/tasks/stars/_generate.py"}));
  EXPECT_THAT(verdict.warnings[0].text, HasSubstr("_generate.py is Python, and not run"));
}

TEST(SubmissionCheckTest, APythonMetricMayBeReplaced) {
  SubmissionFiles files;
  files.metadata = "task_name: stars\ntask_metric: likelihood,none\n";
  files.yaml = files.yaml.substr(0, files.yaml.find("metric_list")) +
               "metric_list:\n  - metric: likelihood\n    aggregation: !function mine.difference\n"
               "    high_is_better: true\n";
  files.more["mine.py"] = "def difference(items):\n    return 0\n";
  expect_fault(files, "python", "'metric_list.aggregation'", "--native mine.difference=METRIC");
  Place place;
  CheckOptions options{.native = {{"mine.difference", "margin_mean"}}};
  const Verdict verdict = place.check(files, options);
  EXPECT_EQ(verdict.status(), Status::valid) << verdict.faults[0].text;
  EXPECT_EQ(verdict.metric, "likelihood");
  EXPECT_EQ(verdict.native_metric, "margin_mean");
  options.native = {{"mine.difference", "no_metric"}};
  expect_error([&] { place.check(files, options); }, "--native: there is no metric 'no_metric'");
  options.native = {{"mine.other", "margin"}};
  expect_error([&] { place.check(files, options); }, "names the function 'mine.other'");
}

TEST(SubmissionCheckTest, FilesOfTheOriginalAreNotHere) {
  SubmissionFiles includes;
  includes.yaml = "include: ../mmlu/_template.yaml\n" + includes.yaml;
  expect_fault(includes, "upstream", "includes ../mmlu/_template.yaml", "does not hold");
  includes.more_patch =
      "diff --git a/lm_eval/tasks/mmlu/_template.yaml b/lm_eval/tasks/mmlu/_template.yaml\n"
      "index 1..2 100644\n--- a/lm_eval/tasks/mmlu/_template.yaml\n"
      "+++ b/lm_eval/tasks/mmlu/_template.yaml\n@@ -1 +1 @@\n-a\n+b\n";
  expect_fault(includes, "upstream", "changes but does not hold");
  SubmissionFiles harmless;
  harmless.more_patch =
      "diff --git a/README.md b/README.md\nindex 1..2 100644\n--- a/README.md\n+++ b/README.md\n"
      "@@ -1 +1 @@\n-a\n+b\n";
  Place place;
  const Verdict verdict = place.check(harmless);
  EXPECT_EQ(verdict.status(), Status::valid);
  EXPECT_EQ(verdict.patch["modified"], Json::array({"README.md"}));
}

TEST(SubmissionCheckTest, DamagedPatches) {
  SubmissionFiles files;
  Place place;
  std::string patch = files.patch();
  patch.resize(patch.rfind('\n', patch.size() - 2) + 1);  // the last line is missing
  const Path zip = write_archive(place.scratch / "cut.zip",
                                 {{"evaluation.patch", patch}, {"metadata.yaml", files.metadata}});
  const Verdict verdict = place.check(zip);
  ASSERT_THAT(codes(verdict.faults), ElementsAre("patch"));
  EXPECT_THAT(verdict.faults[0].text, HasSubstr("evaluation.patch:"));
  SubmissionFiles escapes;
  escapes.more_patch = added_file("../../../../escaped.txt", "x\n");
  expect_fault(escapes, "patch", "evaluation.patch:", "leads out");
  SubmissionFiles link;
  link.more_patch = added_file("lm_eval/tasks/stars/link", "/etc/passwd", "120000");
  expect_fault(link, "patch", "symbolic link");
}

TEST(SubmissionCheckTest, ArchivesThatEscapeAreInvalid) {
  Place place;
  for (const std::string name :
       {"../escaped.txt", "/tmp/e2lm-escaped.txt", "a/../../escaped.txt"}) {
    const SubmissionFiles files;
    const Path zip = write_archive(
        place.scratch / "e.zip",
        {{"evaluation.patch", files.patch()}, {"metadata.yaml", files.metadata}, {name, "x"}});
    const Verdict verdict = place.check(zip);
    ASSERT_THAT(codes(verdict.faults), ElementsAre("archive")) << name;
  }
  EXPECT_FALSE(std::filesystem::exists("/tmp/e2lm-escaped.txt"));
  const Verdict empty = place.check(place.scratch.write("no.zip", "not an archive"));
  EXPECT_THAT(codes(empty.faults), ElementsAre("archive"));
  const Verdict bare = place.check(write_archive(place.scratch / "b.zip", {{"readme.txt", "x"}}));
  EXPECT_THAT(bare.faults[0].text, HasSubstr("neither evaluation.patch nor task.yaml"));
}

// The same submission has the same verdict, wherever it lies.
TEST(SubmissionCheckTest, FaultsOfArchivesDoNotTellWhereTheseLie) {
  Place place;
  const auto fault_of = [&](const Path& path) {
    const Verdict verdict = place.check(path);
    EXPECT_THAT(codes(verdict.faults), ElementsAre("archive"));
    return verdict.faults.empty() ? "" : verdict.faults[0].text;
  };
  std::filesystem::create_directories(place.scratch / "in");
  EXPECT_THAT(fault_of(write_archive(place.scratch / "in/entry.zip", {{"../x", "y"}})),
              StartsWith("entry.zip: the path '../x' leads out"));
  EXPECT_THAT(fault_of(place.scratch.write("in/cut.zip", "PK")), StartsWith("cut.zip: cannot"));
  const Path folder = SubmissionFiles().write_folder(place.scratch / "in/mine");
  std::filesystem::create_directories(folder / "sub");
  std::filesystem::create_symlink("/etc", folder / "sub/etc");
  EXPECT_THAT(fault_of(folder), StartsWith("sub/etc: is a link"));
}

// Task files may name data and other files: of the submission only, whatever lies around it.
TEST(SubmissionCheckTest, DataAreTheSubmissionsOwn) {
  const auto with_data = [](const std::string& file) {
    SubmissionFiles files;
    files.yaml.replace(files.yaml.find("test.jsonl"), 10, file);
    return files;
  };
  const Scratch outside;
  const Path secret = outside.write("secret.jsonl", SubmissionFiles::lines(SubmissionFiles().test));
  expect_fault(with_data(secret), "path", "is absolute");
  expect_fault(with_data("../../../../secret.jsonl"), "path", "leads out");
  const InFolder in(outside.folder());
  expect_fault(with_data("secret.jsonl"), "data", "secret.jsonl");
  SubmissionFiles includes;
  includes.yaml =
      "include: " + outside.write("base.yaml", "task: x\n").string() + "\n" + includes.yaml;
  expect_fault(includes, "path", "outside of the submission");
  SubmissionFiles path_as_name;
  const std::string name = outside.write("task.yaml", path_as_name.yaml).string();
  path_as_name.yaml.replace(0, 11, "task: " + name);
  path_as_name.metadata = "task_name: " + name + "\ntask_metric: acc\n";
  expect_fault(path_as_name, "task", "is no name of a task");
  SubmissionFiles from_root = with_data("lm_eval/tasks/stars/test.jsonl");
  EXPECT_EQ(Place().check(from_root).status(), Status::valid) << "as from the harness's checkout";
  SubmissionFiles named;
  named.yaml.replace(named.yaml.find("dataset_path: json"), 18, "dataset_path: ../../etc");
  expect_fault(named, "path", "leads out");
}

// Data sets that are to be got first make a submission neither valid nor invalid.
TEST(SubmissionCheckTest, MissingDataSetsLeaveItOpen) {
  SubmissionFiles files;
  files.yaml.replace(files.yaml.find("dataset_path: json"), 18, "dataset_path: some/where");
  files.yaml.erase(files.yaml.find("dataset_kwargs"),
                   files.yaml.find("test_split") - files.yaml.find("dataset_kwargs"));
  Place place;
  const Verdict verdict = place.check(files);
  EXPECT_EQ(verdict.status(), Status::undecided);
  ASSERT_THAT(codes(verdict.open), ElementsAre("data"));
  EXPECT_THAT(verdict.open[0].text, HasSubstr("huggingface.co/datasets/some/where"));
}

TEST(SubmissionCheckTest, TagsAndGroups) {
  SubmissionFiles tag;
  tag.yaml += "tag: bright\n";
  tag.metadata = "task_name: bright\ntask_metric: acc,none\n";
  expect_fault(tag, "task", "'bright' is a tag");
  SubmissionFiles group = tag;
  group.metadata = "task_name: sky\ntask_metric: acc,none\n";
  group.more["_sky.yaml"] = "group: sky\ntask: [bright]\naggregate_metric_list:\n  - metric: acc\n";
  EXPECT_EQ(Place().check(group).status(), Status::valid);
  group.metadata = "task_name: sky\ntask_metric: acc_norm,none\n";
  expect_fault(group, "metric", "the group sky does not report the metric 'acc_norm' (it has acc)");
}

// Which of two files with one name counts is said, as is why a task.yaml gives no task.
TEST(SubmissionCheckTest, TwoTasksOfOneName) {
  SubmissionFiles two;
  two.more["sky.yaml"] = two.yaml;
  const Verdict verdict = Place().check(two);
  EXPECT_EQ(verdict.status(), Status::valid);
  ASSERT_THAT(codes(verdict.warnings), ElementsAre("task"));
  EXPECT_EQ(verdict.warnings[0].text,
            "lm_eval/tasks/stars/stars.yaml is passed over, since lm_eval/tasks/stars/sky.yaml is "
            "named stars too");

  const auto fault_of = [](const std::string& yaml, const std::string& other) {
    Place place;
    SubmissionFiles files;
    files.yaml = yaml;
    const Path folder = files.write_folder(place.scratch / "mine");
    if (!other.empty()) write_file(folder / "other.yaml", other);
    const Verdict wrong = place.check(folder);
    EXPECT_THAT(codes(wrong.faults), ElementsAre("task"));
    return wrong.faults.empty() ? "" : wrong.faults[0].text;
  };
  EXPECT_EQ(fault_of(two.yaml, two.yaml),
            "task.yaml and other.yaml are both named 'stars' (expected another name, or "
            "metadata.yaml)");
  EXPECT_EQ(fault_of("output_type: multiple_choice\n", ""),
            "task.yaml names no task (expected the key 'task', or 'group')");
  EXPECT_THAT(fault_of("include: task.yaml\n" + two.yaml, ""),
              HasSubstr("task.yaml:1: includes task.yaml a second time"));
}

}  // namespace
}  // namespace e2lm::submission
