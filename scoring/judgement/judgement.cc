#include "scoring/judgement/judgement.h"

#include "base/parallel.h"
#include "scoring/judgement/judge.h"
#include "scoring/judgement/null_model.h"

namespace e2lm {

// Tasks are judged side by side; of a single one the draws are made side by side, since work given
// out from within such work is done on the spot.
std::vector<Judgement> judge(const std::vector<TaskCurves>& tasks, const ScoringRules& rules,
                             int threads) {
  if (threads <= 0) threads = available_threads();
  NullModels nulls(rules.seed, rules.null_draws);
  std::vector<Judgement> judgements(tasks.size());
  parallel_for(threads, std::ssize(tasks), 1, [&](int64_t first, int64_t last) {
    for (int64_t t = first; t < last; ++t) {
      judgements[t] = Judge(tasks[t], rules, nulls, threads).run();
    }
  });
  return judgements;
}

}  // namespace e2lm
