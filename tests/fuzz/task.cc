#include "tasks/task.h"

#include "base/hash.h"
#include "tasks/requests.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace e2lm::fuzz {

constexpr std::string_view kRows =
    R"({"question": "grass?", "choices": ["green", "red"], "answer": 0, "text": "It is."})"
    "\n"
    R"({"question": "snow?", "choices": ["white", "h\u00f6llischrot"], "answer": 1, "text": ""})"
    "\n";

// Of a dump of OLMo's evaluations, which a task names by `dataset_kwargs: {data_dir: dump}`.
constexpr std::string_view kDumpConfig =
    R"({"num_instances": 2, "task_config": {"num_shots": 0, "fewshot_seed": 1234,)"
    R"( "metric_kwargs": {"uncond_docid_offset": 1000000}}})";

// A frozen task names its data by their hash, which no fuzzer would find.
std::string with_hash(std::string_view yaml, std::string_view rows) {
  constexpr std::string_view kStand = "sha256: OF_ROWS";
  std::string text(yaml);
  if (const size_t at = text.find(kStand); at != std::string::npos) {
    text.replace(at, kStand.size(), "sha256: " + sha256_hex(rows));
  }
  return text;
}

void task(std::string_view input) {
  auto [yaml, rows] = cut(input, "=== rows");
  if (rows.empty()) rows = kRows;
  put("rows.jsonl", rows);
  std::filesystem::create_directory(folder() / "dump");
  put("dump/requests.jsonl", rows);
  put("dump/config.json", kDumpConfig);
  const Path path = put("task.yaml", with_hash(yaml, rows));
  allow_errors([&] {
    const Task read = Task::read(path);
    allow_errors([&] { make_requests(read, {.limit = 5}).sha256(); });
    allow_errors([&] {
      make_requests(read, {.num_fewshot = 2,
                           .limit = 5,
                           .system_instruction = "Answer.",
                           .keep_documents = true,
                           .as_original = true});
    });
  });
}

}  // namespace e2lm::fuzz
