#include "harness/commands/all.h"
#include "harness/commands/shared.h"
#include "harness/store/store_dump.h"

namespace e2lm {
namespace {

int run(const Arguments& arguments) {
  const Store store = Store::open_unchanged(store_path(arguments));
  if (arguments.flag("sha256")) {
    print(content_sha256(store) + "\n");
  } else {
    // A pager may not ask for the rest for hours, while a lock would keep sweeps from writing.
    std::string lines;
    dump_store(store, [&](const std::string& line) { lines += line + "\n"; });
    print(lines);
  }
  return 0;
}

}  // namespace

Command dump_command() {
  return {.name = "dump",
          .arguments = "[STORE]",
          .summary = "What a store holds, as JSON lines that depend on its results alone.",
          .details =
              "Times and checkpoints' paths are left out, and packed values are given by their\n"
              "SHA-256: two runs have the same results if and only if\n"
              "`diff <(e2lm dump A) <(e2lm dump B)` is empty.\n"
              "STORE is a run folder or its store.sqlite; default: runs/checkpoints.",
          .options = {{"sha256", "", "", "only the SHA-256 of the lines"}},
          .max_positional = 1,
          .run = run};
}

}  // namespace e2lm
