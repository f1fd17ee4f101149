#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/template/source.h"
#include "tasks/template/value.h"

namespace e2lm::jinja {

// One rendering under way: where it stands, how much more it may do, and what its values point at.
// Everything that takes time or memory is paid for in steps, so that no template, whatever its
// document, runs for long: a step is an expression, an item or some bytes of text.
class Work {
 public:
  static constexpr int64_t kMaxSteps = 1'000'000;
  static constexpr size_t kMaxBytes = 10'000'000;  // of the output, and of every text made
  static constexpr int kMaxDepth = 200;            // of lists within lists

  // `document` holds the names of the template; it and the source outlive the work.
  Work(const Source& source, const Json& document) : source_(source), document_(document) {}
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  // The place that messages name, a byte of the source.
  void stand_at(size_t at) { at_ = at; }
  size_t at() const { return at_; }
  [[noreturn]] void fail(std::string_view what, std::string_view expected = {}) const {
    source_.fail(at_, what, expected);
  }
  [[noreturn]] void fail(const Undefined& undefined) const;  // somebody uses it

  // Each throws Error when the bound is passed.
  void spend(size_t steps) {
    if (static_cast<int64_t>(steps) > left_) fail_for_work();
    left_ -= static_cast<int64_t>(steps);
  }
  void spend_bytes(size_t bytes) { spend(bytes / 64); }
  void spend_characters(size_t bytes) { spend(bytes / 16); }  // looked at one by one
  void require_size(size_t bytes) const {
    if (bytes > kMaxBytes) fail_for_size();
  }

  // Takes ownership until the rendering ends.
  std::string_view keep(std::string text);
  Items keep(std::vector<Value> items);
  Dict keep(std::vector<Dict::Entry> entries);
  Stream keep_iterator(std::vector<Value> items);  // can be read once

 private:
  [[noreturn]] void fail_for_work() const;
  [[noreturn]] void fail_for_size() const;

  const Source& source_;
  const Json& document_;
  size_t at_ = 0;
  int64_t left_ = kMaxSteps;
  std::forward_list<std::string> texts_;
  std::forward_list<std::vector<Value>> items_;
  std::forward_list<std::vector<Dict::Entry>> entries_;
  std::forward_list<bool> spent_;
};

}  // namespace e2lm::jinja
