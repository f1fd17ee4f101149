// The files of a submission: one for each thing that can be wrong with them.

#include "harness/submission/check.h"

#include "tests/harness/submission/checked_place.h"
#include "tests/support/expect_error.h"
#include "tests/support/golden_run_files.h"

namespace e2lm::submission {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(SubmissionFilesTest, Metadata) {
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

TEST(SubmissionFilesTest, TheTokenIsNowhere) {
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
TEST(SubmissionFilesTest, AWordInTheTokensPlaceIsNoSecret) {
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

TEST(SubmissionFilesTest, PythonIsRefusedByFileAndKey) {
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

TEST(SubmissionFilesTest, APythonMetricMayBeReplaced) {
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

TEST(SubmissionFilesTest, FilesOfTheOriginalAreNotHere) {
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

TEST(SubmissionFilesTest, DamagedPatches) {
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

TEST(SubmissionFilesTest, ArchivesThatEscapeAreInvalid) {
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
TEST(SubmissionFilesTest, FaultsOfArchivesDoNotTellWhereTheseLie) {
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
TEST(SubmissionFilesTest, DataAreTheSubmissionsOwn) {
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
TEST(SubmissionFilesTest, MissingDataSetsLeaveItOpen) {
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

TEST(SubmissionFilesTest, TagsAndGroups) {
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
TEST(SubmissionFilesTest, TwoTasksOfOneName) {
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
