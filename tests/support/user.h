#pragma once

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

namespace e2lm {

// For ProgramCall::before_start: goes on as this user, in this group alone. Only root can; a
// program that cannot be started so ends with 77.
inline void become(uid_t user, gid_t group, mode_t mask = 022) {
  ::umask(mask);
  if (::setgroups(0, nullptr) != 0 || ::setgid(group) != 0 || ::setuid(user) != 0) ::_exit(77);
}

}  // namespace e2lm
