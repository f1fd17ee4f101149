// Disks that are full, read-only or without locks: a sentence, nothing lost, nothing torn.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstddef>

#include "base/json.h"
#include "tests/support/mount.h"
#include "tests/support/places.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"
#include "tests/support/whole_sweep.h"

namespace e2lm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class DiskTest : public testing::Test {
 protected:
  ProgramCall sweep(const Path& run) const {
    return {.arguments = {"sweep", manifest_, "-o", run, "--quiet"}};
  }
  std::string expected() const {
    EXPECT_EQ(run_program(sweep(scratch_ / "whole")).exit_code, 0);
    return contents(scratch_ / "whole/store.sqlite");
  }

  Scratch scratch_;
  Path manifest_ = scratch_.write("sweep.yaml", manifest_text());
  Path disk_ = scratch_ / "disk";
};

// From the first byte of the store to the last of the report, whatever does not fit any more.
TEST_F(DiskTest, AFullDiskEndsASweepThatGoesOnLater) {
  const std::string whole = expected();
  for (const int kibibytes : {4, 64, 160, 320, 480, 800}) {
    SCOPED_TRACE(kibibytes);
    const Mount disk(disk_, "size=" + std::to_string(kibibytes) + "k");
    if (!disk.problem().empty()) GTEST_SKIP() << disk.problem();
    const ProgramResult full = run_program(sweep(disk_ / "run"));
    EXPECT_EQ(full.exit_code, 2) << full.errors;
    EXPECT_THAT(full.errors, HasSubstr((disk_ / "run").string()));
    EXPECT_THAT(full.errors, testing::AnyOf(HasSubstr("full"), HasSubstr("No space left")));
    ASSERT_TRUE(disk.change(0, "size=64m"));
    const ProgramResult later = run_program(sweep(disk_ / "run"));
    EXPECT_EQ(later.exit_code, 0) << later.errors;
    EXPECT_EQ(contents(disk_ / "run/store.sqlite"), whole);
    EXPECT_TRUE(std::filesystem::exists(disk_ / "run/report/index.html"));
  }
}

// Both the store's log and, when it is put away, the store itself may be what does not fit.
TEST_F(DiskTest, AnImportThatSucceedsIsWholeAndOneThatFailsLeavesNothing) {
  std::string csv = "series,step,task,value\n";
  for (int step = 1; step <= 400; ++step) csv += "a," + std::to_string(step) + ",t,0.5\n";
  const Path table = scratch_.write("table.csv", csv);
  const auto import_into = [&](const Path& run) {
    return run_program({.arguments = {"import", table, "--store", run}});
  };
  const auto dump = [](const Path& run) {
    return run_program({.arguments = {"dump", run}}).output;
  };
  ASSERT_EQ(import_into(scratch_ / "whole").exit_code, 0);
  const std::string whole = dump(scratch_ / "whole");
  int failed = 0, succeeded = 0;
  for (int kibibytes = 80; kibibytes <= 400; kibibytes += 16) {
    SCOPED_TRACE(kibibytes);
    const Mount disk(disk_, "size=" + std::to_string(kibibytes) + "k");
    if (!disk.problem().empty()) GTEST_SKIP() << disk.problem();
    const ProgramResult result = import_into(disk_ / "run");
    ++(result.exit_code == 0 ? succeeded : failed);
    if (result.exit_code != 0) {
      EXPECT_THAT(result.errors, HasSubstr((disk_ / "run/store.sqlite").string()));
      EXPECT_THAT(list_folder(disk_), testing::IsEmpty());
      ASSERT_TRUE(disk.change(0, "size=64m"));
      EXPECT_EQ(import_into(disk_ / "run").exit_code, 0);
    }
    EXPECT_TRUE(dump(disk_ / "run") == whole);
  }
  EXPECT_GT(failed, 0);
  EXPECT_GT(succeeded, 0);
}

TEST_F(DiskTest, SamplesThatDoNotFitLeaveTheResultsOfARun) {
  const Mount disk(disk_, "size=128k");
  if (!disk.problem().empty()) GTEST_SKIP() << disk.problem();
  const std::string series = source_dir().string() + "/series/";
  const ProgramResult full =
      run_program({.arguments = {"run", "--model_args",
                                 "pretrained=" + series +
                                     "small-deep/iter_0000040,tokenizer=" + series + "tokenizer",
                                 "--tasks", "wordnet_kinds", "--output_path", disk_ / "out.json",
                                 "--log_samples", "--quiet"}});
  EXPECT_EQ(full.exit_code, 2);
  EXPECT_THAT(full.output, HasSubstr("|wordnet_kinds|"));
  EXPECT_THAT(full.errors, AllOf(HasSubstr("samples_wordnet_kinds_"), HasSubstr("No space left")));
  const std::vector<Path> left = list_folder(disk_);
  ASSERT_EQ(left.size(), 1u);
  const Json results = parse_json(read_file(left[0]), left[0].string());
  EXPECT_TRUE(results["results"]["wordnet_kinds"].contains("acc,none"));
}

TEST_F(DiskTest, AReadOnlyStoreIsJudgedAllTheSame) {
  const Mount disk(disk_, "size=64m");
  if (!disk.problem().empty()) GTEST_SKIP() << disk.problem();
  ASSERT_EQ(run_program(sweep(disk_ / "run")).exit_code, 0);
  const ProgramResult before = run_program({.arguments = {"score", disk_ / "run"}});
  ASSERT_TRUE(disk.change(MS_RDONLY, ""));
  const ProgramResult score = run_program({.arguments = {"score", disk_ / "run"}});
  EXPECT_EQ(score.exit_code, 0) << score.errors;
  EXPECT_EQ(score.output, before.output);
  const ProgramResult report =
      run_program({.arguments = {"report", disk_ / "run", "-o", scratch_ / "report"}});
  EXPECT_EQ(report.exit_code, 0) << report.errors;
  const ProgramResult again = run_program(sweep(disk_ / "run"));
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.errors,
              AllOf(HasSubstr("store.sqlite: is read-only here"), HasSubstr("Read-only file")));
  const ProgramResult nowhere =
      run_program({.arguments = {"report", disk_ / "run", "-o", disk_ / "report"}});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.errors, AllOf(HasSubstr("disk/report"), HasSubstr("Read-only")));
}

// What a killed sweep leaves in the log beside the store counts there too.
TEST_F(DiskTest, AReadOnlyStoreWithALogIsReadWithIt) {
  const Mount disk(disk_, "size=64m");
  if (!disk.problem().empty()) GTEST_SKIP() << disk.problem();
  ASSERT_EQ(run_program(sweep(disk_ / "run")).exit_code, 0);
  const std::string before = run_program({.arguments = {"score", disk_ / "run"}}).output;
  std::filesystem::remove_all(disk_ / "run");
  {
    // A program that looks at the store meanwhile keeps the log from being put away.
    const Store reader = Store::open(scratch_ / "live/store.sqlite");
    ASSERT_EQ(run_program(sweep(scratch_ / "live")).exit_code, 0);
    std::filesystem::copy(scratch_ / "live", disk_ / "run");
  }
  ASSERT_TRUE(disk.change(MS_RDONLY, ""));
  ASSERT_TRUE(std::filesystem::exists(disk_ / "run/store.sqlite-wal"));
  const ProgramResult score = run_program({.arguments = {"score", disk_ / "run"}});
  EXPECT_EQ(score.exit_code, 0) << score.errors;
  EXPECT_EQ(score.output, before);
}

// As a file system answers that has no locks: no lock is ever granted.
void refuse_locks() {
  const auto jump = [](uint32_t value, uint8_t if_equal, uint8_t else_skip) {
    return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, if_equal, else_skip, value};
  };
  const auto load = [](uint32_t offset) {
    return sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offset};
  };
  sock_filter program[] = {
      load(offsetof(seccomp_data, nr)),
      jump(__NR_fcntl, 0, 4),
      load(offsetof(seccomp_data, args[1])),
      jump(F_SETLK, 1, 0),
      jump(F_OFD_SETLK, 0, 1),
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOLCK},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog filter = {std::size(program), program};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    ::_exit(77);
  }
}

TEST_F(DiskTest, AFileSystemWithoutLocksIsRefusedAtOnce) {
  ProgramCall call = sweep(scratch_ / "run");
  call.before_start = refuse_locks;
  const ProgramResult result = run_program(call);
  if (result.exit_code == 77) GTEST_SKIP() << "system calls cannot be filtered here";
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, AllOf(HasSubstr((scratch_ / "run").string()),
                                   HasSubstr("has no locks (No locks available)"),
                                   HasSubstr("another file system")));
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "run/store.sqlite"));
  EXPECT_THAT(list_folder(scratch_ / "run"), testing::IsEmpty());
}

}  // namespace
}  // namespace e2lm
