#pragma once

#include "harness/options.h"

// One function per subcommand, in the file of its name; each returns the row of the command table.

namespace e2lm {

Command sweep_command();
Command run_command();
Command fetch_command();
Command import_command();
Command merge_command();
Command dump_command();
Command export_command();
Command score_command();
Command report_command();
Command compare_command();
Command items_command();
Command logprobs_command();
Command tokenize_command();
Command prompts_command();
Command rescore_command();
Command ls_command();
Command validate_command();
Command submission_command();

}  // namespace e2lm
