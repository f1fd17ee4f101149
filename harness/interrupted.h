#pragma once

#include <exception>

namespace e2lm {

// Thrown out of long work when the user asks the program to stop. Not an Error: what was done is
// kept and nothing is wrong.
class Interrupted : public std::exception {};

}  // namespace e2lm
