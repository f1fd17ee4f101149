#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace e2lm {

// The one exception of the program, thrown for bad input: a file, an option, a device.
//
// A message answers three questions: where (file and line, key path, tensor name), what is wrong,
// and what was expected. It is shown to users as it is, so each part is plain words, without a
// final full stop.
//
//   throw Error("config.json: hidden_act", "'gelu' is not supported", "'silu'");
//   → config.json: hidden_act: 'gelu' is not supported (expected 'silu')
//
// A broken promise inside the program is an assert, never an Error. Errors are caught in two
// places: around a cell of a sweep, and in main.
class Error : public std::runtime_error {
 public:
  Error(std::string_view where, std::string_view what, std::string_view expected = {});
};

}  // namespace e2lm
