// Users who are not the one who installed the program, and several who share a store.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/program.h"
#include "tests/support/run_folder.h"
#include "tests/support/user.h"

namespace e2lm {
namespace {

using std::filesystem::perms;
using testing::AllOf;
using testing::HasSubstr;

constexpr perms kOthersMayLook = perms::owner_all | perms::group_read | perms::group_exec |
                                 perms::others_read | perms::others_exec;
constexpr uid_t kNobody = 65534;

class UsersTest : public testing::Test {
 protected:
  void SetUp() override {
    if (as_nobody({"--version"}).exit_code != 0) {
      GTEST_SKIP() << "the program cannot be started as another user";
    }
    std::filesystem::permissions(folder_.scratch.folder(), kOthersMayLook);
  }

  static ProgramResult as_nobody(std::vector<std::string> words,
                                 std::map<std::string, std::string> environment = {}) {
    return run_program({.arguments = std::move(words),
                        .environment = std::move(environment),
                        .before_start = [] { become(kNobody, kNobody); }});
  }

  RunFolder folder_;
  Path run_ = folder_.scratch / "run";
};

TEST_F(UsersTest, WithoutTheRightToWriteOrReadASentenceSaysSo) {
  ASSERT_EQ(run_program({.arguments = {"sweep", folder_.manifest, "-o", run_}}).exit_code, 0);
  std::filesystem::permissions(run_, kOthersMayLook);
  std::filesystem::permissions(run_ / "store.sqlite",
                               perms::owner_read | perms::group_read | perms::others_read);
  const ProgramResult score = as_nobody({"score", run_});
  EXPECT_EQ(score.exit_code, 0) << score.errors;
  EXPECT_THAT(score.output, HasSubstr("colours"));
  const ProgramResult nowhere =
      as_nobody({"sweep", folder_.manifest, "-o", folder_.scratch / "new"});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.errors,
              AllOf(HasSubstr("new: cannot make the folder"), HasSubstr("Permission denied")));
  std::filesystem::permissions(run_ / "store.sqlite", perms::owner_read);
  const ProgramResult hidden = as_nobody({"score", run_});
  EXPECT_EQ(hidden.exit_code, 2);
  EXPECT_THAT(hidden.errors,
              AllOf(HasSubstr("store.sqlite: cannot be opened"), HasSubstr("Permission denied")));
}

// As under `sudo -u`, or in a container that was made for root.
TEST_F(UsersTest, AHomeOfSomebodyElseHidesNoLocalCheckpoint) {
  const Path home = folder_.scratch / "root";
  std::filesystem::create_directory(home);
  std::filesystem::permissions(home, perms::owner_all);
  const Path shared = folder_.scratch / "shared";
  const Path token = folder_.scratch.write("shared/token", "hf_notTheirs\n");
  std::filesystem::permissions(token, perms::owner_read);
  const std::map<std::string, std::string> unset = {
      {"HF_HOME", ""}, {"HF_TOKEN", ""}, {"XDG_CACHE_HOME", ""}, {"HF_HUB_CACHE", ""}};
  for (const std::pair<std::string, std::string> given :
       {std::pair("HOME", home.string()), std::pair("HF_HOME", shared.string())}) {
    SCOPED_TRACE(given.first);
    auto environment = unset;
    environment[given.first] = given.second;
    const ProgramResult result =
        as_nobody({"run", "--model_args",
                   "pretrained=" + folder_.checkpoint(40).string() +
                       ",tokenizer=" + (folder_.scratch / "tokenizer").string(),
                   "--tasks", folder_.scratch / "tasks/colours.yaml", "--quiet"},
                  environment);
    EXPECT_EQ(result.exit_code, 0) << result.errors;
  }
}

// A team's folder: what one makes another goes on with, where the mask lets the group write.
TEST_F(UsersTest, WhatAGroupSharesAllOfItMayWrite) {
  constexpr gid_t kTeam = 54321;
  const Path team = folder_.scratch / "team";
  std::filesystem::create_directory(team);
  ASSERT_EQ(::chown(team.c_str(), 0, kTeam), 0);
  ASSERT_EQ(::chmod(team.c_str(), 02775), 0);
  const auto as_member = [&](uid_t user, std::vector<std::string> words) {
    return run_program(
        {.arguments = std::move(words), .before_start = [user] { become(user, kTeam, 002); }});
  };
  const std::vector<std::string> sweep = {"sweep", folder_.manifest, "-o", team / "run", "--quiet"};
  auto part = sweep;
  part.insert(part.end(), {"--shard", "1/3"});
  ASSERT_EQ(as_member(50001, part).exit_code, 0);
  const ProgramResult rest = as_member(50002, sweep);
  EXPECT_EQ(rest.exit_code, 0) << rest.errors;
  EXPECT_THAT(rest.output, HasSubstr("Computed 2 of 3 cells"));
  const Path table = folder_.scratch.write("t.csv", "series,step,task,value\na,1,t,0.5\n");
  for (const uid_t user : {50001, 50002}) {
    const ProgramResult import = as_member(user, {"import", table, "--store", team / "imported"});
    EXPECT_EQ(import.exit_code, 0) << import.errors;
  }
}

}  // namespace
}  // namespace e2lm
