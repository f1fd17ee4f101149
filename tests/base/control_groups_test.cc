// Limits of containers and batch jobs: in folders as Linux shows them, and, where this machine lets
// us make one, in a control group of our own.

#include "base/control_groups.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/memory.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

constexpr int64_t kMebibyte = int64_t{1} << 20;

class ControlGroupsTest : public testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) const {
    const Path path = root_ / file;
    std::filesystem::create_directories(path.parent_path());
    write_file(path, text + "\n");
  }

  Scratch root_;
  ControlGroups groups_{root_.folder()};
};

TEST_F(ControlGroupsTest, WithoutAnyThereIsNoLimit) {
  EXPECT_EQ(groups_.memory_left_bytes(), std::nullopt);
  EXPECT_EQ(groups_.processors(), std::nullopt);
  write("proc/self/cgroup", "0::/user.slice");
  write("sys/fs/cgroup/user.slice/memory.max", "max");
  write("sys/fs/cgroup/user.slice/memory.current", "1000");
  write("sys/fs/cgroup/user.slice/cpu.max", "max 100000");
  EXPECT_EQ(groups_.memory_left_bytes(), std::nullopt);
  EXPECT_EQ(groups_.processors(), std::nullopt);
}

TEST_F(ControlGroupsTest, TheNarrowestOfVersionTwoCounts) {
  write("proc/self/cgroup", "0::/job/step");
  write("sys/fs/cgroup/job/memory.max", "5000");
  write("sys/fs/cgroup/job/memory.current", "2000");
  write("sys/fs/cgroup/job/memory.stat", "anon 1200\ninactive_file 300\nactive_file 50\nslab 7");
  write("sys/fs/cgroup/job/step/memory.max", "max");
  write("sys/fs/cgroup/job/step/memory.high", "4000");
  write("sys/fs/cgroup/job/step/memory.current", "100");
  write("sys/fs/cgroup/job/cpu.max", "150000 100000");
  write("sys/fs/cgroup/job/step/cpu.max", "400000 100000");
  EXPECT_EQ(groups_.memory_left_bytes(), 5000 - 2000 + 300 + 50);
  EXPECT_EQ(groups_.processors(), 1.5);
  write("sys/fs/cgroup/job/memory.current", "9000");
  EXPECT_EQ(groups_.memory_left_bytes(), 0) << "over its limit already";
}

// Without a view of its own a container of version 1 is told the host's path, and sees its own
// group in the place of the topmost.
TEST_F(ControlGroupsTest, OfVersionOneTheContainerOwn) {
  write("proc/self/cgroup",
        "12:memory:/docker/4f\n5:cpu,cpuacct:/docker/4f\n1:name=systemd:/docker/4f\n0::/docker/4f");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9000");
  write("sys/fs/cgroup/memory/memory.usage_in_bytes", "1000");
  write("sys/fs/cgroup/memory/memory.stat", "cache 1\ntotal_inactive_file 20\ntotal_active_file 3");
  write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000");
  write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
  EXPECT_EQ(groups_.memory_left_bytes(), 9000 - 1000 + 20 + 3);
  EXPECT_EQ(groups_.processors(), 2);
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
  write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1");
  EXPECT_EQ(groups_.memory_left_bytes(), std::nullopt);
  EXPECT_EQ(groups_.processors(), std::nullopt);
}

// A group of this machine, with one process at a time; gone with the object.
class OwnGroup {
 public:
  explicit OwnGroup(const Path& mount) : folder_(mount / fmt::format("e2lm-test-{}", ::getpid())) {
    std::error_code refused;
    std::filesystem::create_directory(folder_, refused);
  }
  OwnGroup(const OwnGroup&) = delete;
  OwnGroup& operator=(const OwnGroup&) = delete;
  ~OwnGroup() { ::rmdir(folder_.c_str()); }

  // False where the machine does not let us.
  bool set(const std::string& file, int64_t value) const {
    std::ofstream out(folder_ / file);
    return out && out << value && out.flush();
  }

  // Whether check() holds in a process of the group.
  template <class Check>
  bool holds(const Check& check) const {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(set("cgroup.procs", ::getpid()) && check() ? 0 : 1);
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  Path folder_;
};

TEST(OwnGroupTest, ItsMemoryIsAllThereIs) {
  const OwnGroup group("/sys/fs/cgroup/memory");
  if (!group.set("memory.limit_in_bytes", 300 * kMebibyte)) {
    GTEST_SKIP() << "no memory group can be made here";
  }
  ASSERT_GT(available_memory_bytes(), 300 * kMebibyte);
  EXPECT_TRUE(group.holds([] {
    const int64_t bytes = available_memory_bytes();
    return bytes <= 300 * kMebibyte && bytes > 250 * kMebibyte;
  }));
}

TEST(OwnGroupTest, ItsProcessorsAreAllThereAre) {
  const OwnGroup group("/sys/fs/cgroup/cpu");
  if (!group.set("cpu.cfs_period_us", 100'000) || !group.set("cpu.cfs_quota_us", 50'000)) {
    GTEST_SKIP() << "no group with a quota of processors can be made here";
  }
  EXPECT_TRUE(group.holds([] { return ControlGroups().processors() == 0.5; }));
}

TEST(AvailableMemoryTest, IsNoLessThanWhatIsFree) {
  const int64_t free = int64_t{::sysconf(_SC_AVPHYS_PAGES)} * ::sysconf(_SC_PAGESIZE);
  const int64_t all = int64_t{::sysconf(_SC_PHYS_PAGES)} * ::sysconf(_SC_PAGESIZE);
  EXPECT_LE(available_memory_bytes(), all);
  if (ControlGroups().memory_left_bytes()) GTEST_SKIP() << "a control group leaves less";
  EXPECT_GT(available_memory_bytes(), free - all / 50) << "reserves are at most some hundredths";
}

}  // namespace
}  // namespace e2lm
