// Places, names, settings and clocks that are not the developer's own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/json.h"
#include "tests/support/program.h"
#include "tests/support/run_folder.h"
#include "tests/support/sanitized.h"

namespace e2lm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class SurroundingsTest : public testing::Test {
 protected:
  ProgramResult sweep(ProgramCall call = {}) const {
    call.arguments.insert(call.arguments.begin(), {"sweep", folder_.manifest, "-o", run_});
    call.arguments.emplace_back("--quiet");
    return run_program(call);
  }
  // Without the line that says how long it took.
  std::string table(const ProgramResult& result) const {
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    return result.output.substr(std::min(result.output.find("\n\n"), result.output.size()));
  }

  RunFolder folder_;
  Path run_ = folder_.scratch / "run";
};

TEST_F(SurroundingsTest, LocalesAndAMissingHomeChangeNothing) {
  const std::string expected = table(sweep());
  const Path csv = run_ / "report/curves.csv";
  const std::string values = read_file(csv);
  EXPECT_THAT(values, HasSubstr("0."));
  for (const char* locale : {"C", "tr_TR.UTF-8", "de_DE.UTF-8", "xx_YY.nonsense", ""}) {
    SCOPED_TRACE(locale);
    std::filesystem::remove_all(run_);
    EXPECT_EQ(table(sweep({.environment = {{"LANG", locale}, {"LC_ALL", locale}},
                           .before_start = [] { ::unsetenv("HOME"); }})),
              expected);
    EXPECT_EQ(read_file(csv), values);
  }
}

TEST_F(SurroundingsTest, NamesMayHaveAnyBytes) {
  for (const std::string name : {"with space", "new\nline", "it's \"quoted\"", "100%?#&x=1;",
                                 "-dash", "\xff\xfe not UTF-8", "\xC3\xA9t\xC3\xA9"}) {
    SCOPED_TRACE(name);
    const Path place = folder_.scratch / name;
    std::filesystem::create_directory(place);
    for (const char* part : {"a", "tokenizer", "sweep.yaml"}) {
      std::filesystem::rename(folder_.scratch / part, place / part);
    }
    const ProgramResult swept = run_program(
        {.arguments = {"sweep", "./" + name + "/sweep.yaml", "-o", "./" + name + "/run", "--quiet"},
         .folder = folder_.scratch.folder()});
    EXPECT_EQ(swept.exit_code, 0) << swept.errors;
    EXPECT_THAT(swept.output, HasSubstr("Computed 3 of 3 cells"));
    const ProgramResult again = run_program({.arguments = {"score", place / "run"}});
    EXPECT_EQ(again.exit_code, 0) << again.errors;
    EXPECT_TRUE(parse_json(read_file(place / "run/report/report.json"), "report").is_object());
    for (const char* part : {"a", "tokenizer", "sweep.yaml"}) {
      std::filesystem::rename(place / part, folder_.scratch / part);
    }
  }
}

// In JSON, which is UTF-8, they are replaced.
TEST_F(SurroundingsTest, NamesOfAnyBytesStandInJson) {
  const std::string name = "mod\xe9le";
  const Path model = folder_.scratch / name;
  std::filesystem::rename(folder_.checkpoint(40), model);
  const ProgramResult run = run_program(
      {.arguments = {"run", "--model_args",
                     "pretrained=" + model.string() +
                         ",tokenizer=" + (folder_.scratch / "tokenizer").string(),
                     "--tasks", folder_.scratch / "tasks/colours.yaml", "--output_path",
                     folder_.scratch / "out/results.json", "--show_config", "--quiet"}});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  const Path results = list_folder(folder_.scratch / "out").at(0);
  EXPECT_THAT(parse_json(read_file(results), "results")["model_name"].get<std::string>(),
              testing::EndsWith("/mod\uFFFDle"));

  const Path table = folder_.scratch.write("t.csv", "step,task,value\n1,t,0.5\n");
  const ProgramResult import =
      run_program({.arguments = {"import", table, "--store", run_, "--series", name}});
  const ProgramResult score = run_program({.arguments = {"score", run_, "--format", "json"}});
  EXPECT_EQ(score.exit_code, 0) << import.errors << score.errors;
  EXPECT_THAT(score.output, HasSubstr("mod\uFFFDle"));
}

// As in a bare chroot.
TEST_F(SurroundingsTest, NeitherProcNorSysNeedsToBeThere) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer reads /proc";
#endif
  const std::string expected = table(sweep());
  std::filesystem::remove_all(run_);
  const ProgramCall bare = {.before_start = [] {
    const bool hidden = ::unshare(CLONE_NEWNS) == 0 &&
                        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                        ::mount("none", "/proc", "tmpfs", 0, nullptr) == 0 &&
                        ::mount("none", "/sys", "tmpfs", 0, nullptr) == 0;
    if (!hidden) ::_exit(77);
  }};
  const ProgramResult result = sweep(bare);
  if (result.exit_code == 77) GTEST_SKIP() << "only root can hide /proc";
  EXPECT_EQ(table(result), expected);
  ProgramCall prompts = bare;  // of a bundled task, found from where the program lies
  prompts.arguments = {"prompts", "wordnet_kinds", "--limit", "1"};
  const ProgramResult shown = run_program(prompts);
  EXPECT_EQ(shown.exit_code, 0) << shown.errors;
}

// SQLite would take such a name for that of a URI.
TEST_F(SurroundingsTest, ARunFolderMayBeCalledLikeAUri) {
  for (const char* name : {"file:run", "file:run?mode=memory"}) {
    const ProgramResult swept =
        run_program({.arguments = {"sweep", "sweep.yaml", "-o", name, "--no-report", "--quiet"},
                     .folder = folder_.scratch.folder()});
    EXPECT_EQ(swept.exit_code, 0) << swept.errors;
    const auto run = [&](const char* command) {
      return run_program({.arguments = {command, name}, .folder = folder_.scratch.folder()});
    };
    EXPECT_THAT(run("dump").output, HasSubstr("\"row\":\"block\""));
    EXPECT_EQ(run("score").exit_code, 0);
  }
}

// Files from a clock that was ahead, or from before there were any.
TEST_F(SurroundingsTest, TimesOfFilesNeedNotMakeSense) {
  for (const int64_t seconds : {int64_t{4'102'444'800}, int64_t{0}}) {
    for (const int step : {40, 80, 120}) {
      const timespec times[2] = {{seconds, 0}, {seconds, 0}};
      for (const char* name : {"model.safetensors", "config.json"}) {
        ASSERT_EQ(::utimensat(AT_FDCWD, (folder_.checkpoint(step) / name).c_str(), times, 0), 0);
      }
    }
    EXPECT_EQ(sweep().exit_code, 0);
    EXPECT_THAT(sweep().output, HasSubstr("Nothing to compute"));
  }
}

TEST_F(SurroundingsTest, TooLittleMemoryIsASentence) {
  const ProgramResult small = sweep({.arguments = {"--memory", "1K"}});
  EXPECT_EQ(small.exit_code, 1) << "every cell fails by itself";
  EXPECT_THAT(small.errors, AllOf(HasSubstr("failed: memory limit: 1 KiB is too little"),
                                  HasSubstr(" KiB (expected a larger --memory)")));

  if (kSanitized) GTEST_SKIP() << "the sanitizers' own memory does not fit into a limit";
  // Less and less for the whole process: it ends by itself, with a sentence.
  for (const int mebibytes : {400, 250, 220, 160, 108, 100}) {
    SCOPED_TRACE(mebibytes);
    std::filesystem::remove_all(run_);
    const ProgramResult none = sweep({.before_start = [mebibytes] {
      const rlimit limit = {rlim_t(mebibytes) << 20, rlim_t(mebibytes) << 20};
      ::setrlimit(RLIMIT_AS, &limit);
    }});
    EXPECT_GE(none.exit_code, 0) << none.errors;  // no signal ended it; 127: it did not even start
    EXPECT_TRUE(none.exit_code == 0 || !none.errors.empty());
  }
  EXPECT_EQ(sweep().exit_code, 0) << "what there was is no hindrance";
}

TEST_F(SurroundingsTest, AManifestMayChangeBetweenSweeps) {
  ASSERT_EQ(sweep().exit_code, 0);
  std::string text = read_file(folder_.manifest);
  const size_t at = text.find("[40, 80, 120]");
  write_file(folder_.manifest, std::string(text).replace(at, 13, "[40, 120]"));
  const ProgramResult fewer = sweep();
  EXPECT_THAT(fewer.output, HasSubstr("Nothing to compute: all 2 cells"));
  EXPECT_THAT(read_file(run_ / "report/curves.csv"), Not(HasSubstr(",80,")));
  write_file(folder_.manifest, text);
  EXPECT_THAT(sweep().output, HasSubstr("Nothing to compute: all 3 cells"));
  write_file(folder_.manifest, text + "    tokens: {per_step: 1}\n");
  const ProgramResult wrong = sweep();
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.errors, HasSubstr("sweep.yaml:"));
  EXPECT_THAT(run_program({.arguments = {"score", run_}}).output, HasSubstr("colours"));
}

}  // namespace
}  // namespace e2lm
