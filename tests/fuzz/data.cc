#include "tasks/dataset/dataset.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace e2lm::fuzz {

void data(std::string_view file) {
  const Path path = put("rows", file);
  const DataFiles ways[] = {{.format = "json", .files = {path}},
                            {.format = "json", .files = {path}, .field = "rows"},
                            {.format = "csv", .files = {path, path}},
                            {.format = "csv", .files = {path}, .separator = '\t'}};
  for (const DataFiles& files : ways) {
    allow_errors([&] {
      const Dataset dataset = Dataset::open(files);
      dataset.read(20);
      Dataset::open(files, &dataset).read(2);
    });
  }
}

}  // namespace e2lm::fuzz
