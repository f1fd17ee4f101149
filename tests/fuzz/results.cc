#include "harness/import/readers.h"
#include "harness/lm_eval/sample_reader.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace e2lm::fuzz {

// Under both names that decide how a file is read; the results lie beside the samples, as after a
// run of lm-evaluation-harness.
void results(std::string_view file) {
  const Path json = put("results_2026-11-22T00-00-00.000000.json", file);
  const Path samples = put("samples_task_2026-11-22T00-00-00.000000.jsonl", file);
  allow_errors([&] { read_result_file(json); });
  allow_errors([&] { read_result_file(samples); });
  allow_errors([&] { lm_eval::read_samples(samples).items(); });
}

}  // namespace e2lm::fuzz
