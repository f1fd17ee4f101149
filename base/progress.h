#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace e2lm {

// How far a long job has come, on standard error: on a terminal a line that redraws itself, with
// rate and time left; elsewhere (a log file) a plain line now and then.
//
//   Progress progress("requests", 4720);
//   progress.at("base-deep step 640, wordnet_kinds");
//   progress.advance(64);
class Progress {
 public:
  // `total` units are to be done; `unit` names them in the plural. A quiet one prints nothing.
  Progress(std::string unit, int64_t total, bool quiet = false);
  ~Progress();  // ends the line

  void at(std::string_view what);  // what is being worked on
  void advance(int64_t units);
  void print(std::string_view line);  // a message, above the progress line
  void note(std::string_view line);   // the same, but not of a quiet one

 private:
  using Clock = std::chrono::steady_clock;

  void show(bool force);
  std::string status() const;

  std::string unit_;
  std::string what_;
  int64_t total_;
  int64_t done_ = 0;
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point started_ = Clock::now();
  Clock::time_point shown_ = started_;
};

// Seconds as people read them: "3.2 s", "2 min 05 s", "1 h 02 min".
std::string format_seconds(double seconds);

}  // namespace e2lm
