#pragma once

#include <optional>
#include <vector>

#include "base/random.h"
#include "tasks/task.h"

namespace e2lm {

// How the random sampler's stream runs.
//   per_task      one stream for the task, drawn from in document order, as the original does: a
//                 prompt depends on every draw before it
//   per_document  a stream for each document, seeded with the seed plus its number: a prompt
//                 depends on nothing else
enum class FewShotDraw { per_task, per_document };

// The examples before a question: lm-evaluation-harness's pools, and draws of CPython's generator.
class FewShotSampler {
 public:
  // Reads the pool. Throws Error if the task names nothing to take examples from.
  FewShotSampler(const Task& task, bool absent_is_null, uint64_t seed, FewShotDraw draw);

  // The examples for a document, to be called in document order. From a pool that may hold the
  // document itself, rows equal to it are left out. Throws Error if there are too few.
  std::vector<const Document*> draw(int64_t count, const Document& document, int64_t doc_id);

 private:
  std::vector<const Document*> draw_random(int64_t count, const Document& document);
  std::vector<const Document*> without(const std::vector<const Document*>& documents,
                                       const Document& left_out) const;
  std::vector<const Document*> sample(const std::vector<const Document*>& from, int64_t count);

  const Task& task_;
  Documents documents_;
  std::vector<const Document*> pool_;
  bool may_hold_document_;
  uint64_t seed_;
  FewShotDraw draw_;
  Random random_;
};

}  // namespace e2lm
