#include "harness/commands/shared.h"

#include <fmt/format.h>
#include <sys/auxv.h>

#include <algorithm>
#include <cstdio>

#include "base/error.h"
#include "base/terminal.h"
#include "base/text.h"
#include "reports/csv.h"
#include "reports/page.h"
#include "reports/table.h"

namespace e2lm {

Path program_file() {
  std::error_code no_proc;
  const Path program = std::filesystem::read_symlink("/proc/self/exe", no_proc);
  if (!no_proc) return program;
  return std::filesystem::canonical(reinterpret_cast<const char*>(::getauxval(AT_EXECFN)));
}

namespace {

// tasks/library of the checkout this program was built in, or beside an installed program. Found
// from the program's own path, so that it works from any folder.
Path bundled_tasks() {
  const Path program = program_file();
  for (Path folder = program.parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    for (const char* place : {"tasks/library", "share/e2lm/tasks/library"}) {
      if (std::filesystem::is_directory(folder / place)) return folder / place;
    }
  }
  throw Error(program.string(), "the bundled tasks are not found above this program",
              "a folder tasks/library");
}

}  // namespace

namespace {

// Whether there is a first card that will do.
bool has_cuda() {
  const std::vector<DeviceSummary> devices = list_devices();
  const auto card = std::ranges::find(devices, Device::cuda, &DeviceSummary::device);
  return card != devices.end() && card->there;
}

// The N of "cuda:N".
std::optional<int> card_number(std::string_view device) {
  constexpr std::string_view kCard = "cuda:";
  constexpr size_t kMostDigits = 4;
  if (!device.starts_with(kCard)) return {};
  const std::string_view number = device.substr(kCard.size());
  const bool digits = number.find_first_not_of("0123456789") == std::string_view::npos;
  if (number.empty() || number.size() > kMostDigits || !digits) return {};
  return std::stoi(std::string(number));
}

Device device_of(const std::string& name) {
  if (name == "cpu") return Device::cpu;
  if (name == "auto") return has_cuda() ? Device::cuda : Device::cpu;
  const std::optional<int> card = card_number(name);
  if (name != "cuda" && !card) {
    throw Error("--device", fmt::format("'{}' is unknown", name), "cpu, cuda, cuda:1 or auto");
  }
  if (card) choose_card(*card);
  return Device::cuda;
}

}  // namespace

std::vector<Option> engine_option_rows() {
  return {
      {"device", "NAME", "auto",
       "cpu, cuda (the first card), cuda:N (another, from 0) or auto (a card where this build and "
       "machine have one)"},
      {"dtype", "NAME", "auto",
       "arithmetic of matrix products: float32, bfloat16 or auto (bfloat16 where the "
       "checkpoint is stored so and the device multiplies it faster)"},
      {"threads", "N", "", "threads; default: all processors the process may use"},
      {"memory", "SIZE", "",
       "limit for weights and activations on the device, as 8G; default: the weights and half of "
       "what is available, of a card nine tenths of what is free"}};
}

EngineOptions engine_options(const Arguments& arguments) {
  EngineOptions options;
  options.device = device_of(arguments.require("device"));
  const std::string dtype = arguments.require("dtype");
  if (dtype == "bfloat16") {
    options.precision = Precision::bfloat16;
  } else if (dtype == "float32") {
    options.precision = Precision::float32;
  } else if (dtype != "auto") {
    throw Error("--dtype", fmt::format("'{}' is unknown", dtype), "float32, bfloat16 or auto");
  }
  options.threads = static_cast<int>(arguments.integer("threads").value_or(0));
  options.memory_bytes = arguments.bytes("memory").value_or(0);
  return options;
}

std::vector<Option> task_option_rows() {
  return {{"num_fewshot,f", "N", "", "few-shot examples, instead of the task's own number"},
          {"limit,L", "N", "", "only the first N documents, or a share if below 1"},
          {"seed", "S", "1234", "of random few-shot draws; of four the last"},
          {"fewshot-draw", "HOW", "per-task",
           "per-task: one stream of draws, as lm-evaluation-harness; per-document: each "
           "document's examples depend on nothing else"},
          {"system_instruction", "TEXT", "", "text before every prompt"},
          {"include_path", "DIR", "", "look for task files here too"}};
}

constexpr const char* kFewShotSeed = "1234";

// One seed, or lm-evaluation-harness's four (Python, numpy, torch, few-shot), of which the last
// counts here. Of three the few-shot seed is missing, and is the usual one, as there.
uint64_t fewshot_seed(const std::string& text) {
  std::vector<std::string> seeds = split(text, ',');
  if (seeds.size() == 3) seeds.emplace_back(kFewShotSeed);
  const std::string last{trim(seeds.back())};
  if ((seeds.size() != 1 && seeds.size() != 4) || last.empty() || last.size() > 18 ||
      last.find_first_not_of("0123456789") != std::string::npos) {
    throw Error("--seed", fmt::format("'{}' is no seed", text), "a whole number, or four");
  }
  return std::stoull(last);
}

RequestOptions request_options(const Arguments& arguments) {
  RequestOptions options{.num_fewshot = arguments.integer("num_fewshot"),
                         .limit = arguments.number("limit")};
  if (options.limit && *options.limit <= 0) throw Error("--limit", "must be above 0");
  options.fewshot_seed = fewshot_seed(arguments.text("seed").value_or(kFewShotSeed));
  options.system_instruction = arguments.text("system_instruction").value_or("");
  const std::string draw = arguments.text("fewshot-draw").value_or("per-task");
  if (draw == "per-document") {
    options.fewshot_draw = FewShotDraw::per_document;
  } else if (draw != "per-task") {
    throw Error("--fewshot-draw", fmt::format("'{}' is unknown", draw), "per-task or per-document");
  }
  return options;
}

std::vector<Option> token_option_rows() {
  return {{"special_tokens", "RULE", "",
           "of the tokenizer's template: omit (lm-evaluation-harness 0.4.9, the default), add, or "
           "add-once: not where the text begins with BOS (0.4.13)"},
          {"joining", "RULE", "",
           "context and continuation: joint, tokenized together and cut (the default), or "
           "separate (OLMo's in-loop evaluation)"},
          {"too_long", "RULE", "",
           "a request longer than the model's positions: cut, its last ones stay (run's default), "
           "or error (the others')"}};
}

TokenRules token_rules(const Arguments& arguments, TokenRules rules) {
  if (const auto name = arguments.text("special_tokens")) {
    rules.special = special_tokens_named(*name, "--special_tokens");
  }
  if (const auto name = arguments.text("joining"))
    rules.joining = joining_named(*name, "--joining");
  if (const auto name = arguments.text("too_long")) {
    rules.too_long = too_long_named(*name, "--too_long");
  }
  return rules;
}

TaskLibrary open_library(const Arguments& arguments) {
  std::vector<Path> folders = {bundled_tasks()};
  if (const auto more = arguments.text("include_path")) folders.emplace_back(*more);
  TaskLibrary library(folders);
  for (const auto& [name, path, kept] : library.passed_over()) {
    const std::string note = fmt::format("e2lm: {}: passed over, since {} is named {} too\n",
                                         path.string(), kept.string(), name);
    tell(note);
  }
  return library;
}

Path store_path(const Arguments& arguments) {
  Path path = arguments.positional().empty() ? default_run(kDefaultManifest)
                                             : Path(arguments.positional().front());
  if (std::filesystem::is_directory(path)) path /= "store.sqlite";
  return path;
}

Store open_store(const Arguments& arguments) {
  return Store::open_existing(store_path(arguments));
}

void write_report(const Report& report, const Path& folder) {
  const Json json = report_json(report);
  write_file(folder / "report.md", report_markdown(report));
  write_file(folder / "leaderboard.csv", leaderboard_csv(json));
  write_file(folder / "signal.csv", signal_csv(json));
  write_file(folder / "curves.csv", curves_csv(json));
  write_file(folder / "index.html", page_html(json));
  // The last one: a program that waits for it finds all others new.
  write_file(folder / "report.json", json_text(json));
}

std::string json_text(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void print(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0) throw Error("standard output", "cannot be written");
}

void print_text(std::string_view text) {
  print(for_terminal(text));
}

std::vector<Option> join(std::vector<Option> first, const std::vector<Option>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Path bundled_manifest() {
  if (std::filesystem::exists(kDefaultManifest)) return kDefaultManifest;
  return bundled_tasks().parent_path().parent_path() / kDefaultManifest;
}

Path default_run(const Path& manifest) {
  return Path("runs") / manifest.stem();
}

}  // namespace e2lm
