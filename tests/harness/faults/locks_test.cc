// A store on a file system that other machines may see: real ones of FUSE (bindfs), each mount of a
// folder standing for a machine. Only who may mount can run these.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>

#include "harness/store/file_system.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"
#include "tests/support/whole_sweep.h"

namespace e2lm {
namespace {

using testing::HasSubstr;

// A folder seen through another: gone with the object.
class FuseMount {
 public:
  FuseMount(const Path& folder, const Path& at, const std::string& options) : at_(at) {
    std::filesystem::create_directories(folder);
    std::filesystem::create_directories(at);
    const std::string command = "timeout 20 bindfs " + options + " '" + folder.string() + "' '" +
                                at.string() + "' >/dev/null 2>&1";
    mounted_ = std::system(command.c_str()) == 0 && is_network_folder(at);
  }
  ~FuseMount() {
    const std::string command = "fusermount -uz '" + at_.string() + "' 2>/dev/null || umount -l '" +
                                at_.string() + "' 2>/dev/null";
    if (mounted_ && std::system(command.c_str()) != 0) std::perror("unmount");
  }
  FuseMount(const FuseMount&) = delete;
  FuseMount& operator=(const FuseMount&) = delete;

  bool mounted() const { return mounted_; }

 private:
  Path at_;
  bool mounted_ = false;
};

class LocksTest : public testing::Test {
 protected:
  static constexpr const char* kNoFuse = "bindfs is not installed, or nothing may be mounted here";

  ProgramCall sweep(const Path& run) const {
    return {.arguments = {"sweep", manifest_, "-o", run, "--quiet"}};
  }

  // Both sweeps at once: each cell is computed by one of them, and the store is that of one sweep.
  void expect_shared(const Path& one, const Path& other) const {
    ASSERT_EQ(run_program(sweep(scratch_ / "whole")).exit_code, 0);
    Program first(sweep(one)), second(sweep(other));
    int64_t computed = 0;
    for (Program* program : {&first, &second}) {
      const ProgramResult result = program->wait();
      EXPECT_EQ(result.exit_code, 0) << result.errors;
      const size_t at = result.output.find("Computed ");
      if (at != std::string::npos) computed += std::atoll(result.output.c_str() + at + 9);
    }
    EXPECT_EQ(computed, 12) << "every cell once";
    const Path store = scratch_ / "disk/run/store.sqlite";
    EXPECT_EQ(contents(store), contents(scratch_ / "whole/store.sqlite"));
    const Store whole = Store::open_unchanged(store);  // every page of it is sound
  }

  Scratch scratch_;
  Path manifest_ = scratch_.write("sweep.yaml", manifest_text());
};

TEST_F(LocksTest, OnANetworkFileSystemTwoSweepsShareAStoreWithoutALog) {
  const FuseMount mount(scratch_ / "disk", scratch_ / "far", "");
  if (!mount.mounted()) GTEST_SKIP() << kNoFuse;
  {
    Store store = Store::open(scratch_ / "far/run/store.sqlite");
    Statement mode(store.database(), "PRAGMA journal_mode");
    ASSERT_TRUE(mode.step());
    EXPECT_EQ(mode.text(0), "delete");
  }
  expect_shared(scratch_ / "far/run", scratch_ / "far/run");
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "disk/run/store.sqlite-wal"));
}

TEST_F(LocksTest, SoDoSweepsOfTwoMachinesWhereLocksHoldBetweenThem) {
  const std::string shared =
      "--enable-lock-forwarding --multithreaded "
      "-o direct_io,attr_timeout=0,entry_timeout=0,negative_timeout=0";
  const FuseMount one(scratch_ / "disk", scratch_ / "one", shared);
  const FuseMount other(scratch_ / "disk", scratch_ / "other", shared);
  if (!one.mounted() || !other.mounted()) GTEST_SKIP() << kNoFuse;
  expect_shared(scratch_ / "one/run", scratch_ / "other/run");
}

// Names that are remembered for a second: SQLite then asks for a journal that is gone already.
TEST_F(LocksTest, WhereFilesAreSeenLateASweepMayEndButNothingIsHarmed) {
  const std::string late = "--enable-lock-forwarding --multithreaded -o direct_io";
  const FuseMount one(scratch_ / "disk", scratch_ / "one", late);
  const FuseMount other(scratch_ / "disk", scratch_ / "other", late);
  if (!one.mounted() || !other.mounted()) GTEST_SKIP() << kNoFuse;
  ASSERT_EQ(run_program(sweep(scratch_ / "whole")).exit_code, 0);
  Program first(sweep(scratch_ / "one/run")), second(sweep(scratch_ / "other/run"));
  for (Program* program : {&first, &second}) {
    const ProgramResult result = program->wait();
    if (result.exit_code == 0) continue;
    EXPECT_EQ(result.exit_code, 2) << result.errors;
    EXPECT_THAT(result.errors, HasSubstr("store.sqlite: cannot be"));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // until no old name is remembered
  EXPECT_EQ(run_program(sweep(scratch_ / "one/run")).exit_code, 0);
  const Path store = scratch_ / "disk/run/store.sqlite";
  EXPECT_EQ(contents(store), contents(scratch_ / "whole/store.sqlite"));
  const Store whole = Store::open_unchanged(store);
}

}  // namespace
}  // namespace e2lm
