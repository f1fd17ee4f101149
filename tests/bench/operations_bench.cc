// Every operation of the CPU engine at the geometry of Falcon-H1-0.5B, 512 rows, one thread:
// GFLOP/s and GB/s, and their share of what the processor gives (one large oneDNN product; a plain
// copy). Before an operation is timed, some rows of it are compared with float64 arithmetic.

#include "base/parallel.h"
#include "tests/bench/operations.h"

int main(int count, char** arguments) {
  e2lm::parallel_for(1, 1, 1, [](int64_t, int64_t) {});  // holds oneDNN to one thread
  e2lm::operations::add_row_operations();
  e2lm::operations::add_mixer_operations();
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
