#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/error.h"

namespace e2lm {

// Runs `statement` and checks that it throws an Error whose message holds every given part.
// REQUIRES: at least one part.
template <typename Statement, typename... Parts>
void expect_error(Statement&& statement, const Parts&... parts) {
  try {
    statement();
    ADD_FAILURE() << "no error was thrown";
  } catch (const Error& error) {
    for (const std::string_view part : {std::string_view(parts)...}) {
      EXPECT_THAT(error.what(), testing::HasSubstr(std::string(part)));
    }
  }
}

}  // namespace e2lm
