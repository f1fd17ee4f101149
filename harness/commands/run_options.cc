#include "harness/commands/run_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "harness/commands/shared.h"
#include "harness/hub/cache.h"
#include "harness/hub/settings.h"

namespace e2lm {
namespace {

// Flags of the original that would change what a run does, and cannot.
struct Refused {
  const char* name;
  const char* why;
};
constexpr std::array<Refused, 8> kRefused = {{
    {"apply_chat_template", "prompts are plain text: early checkpoints know no chat template"},
    {"fewshot_as_multiturn", "prompts are plain text: early checkpoints know no chat template"},
    {"predict_only", "scores cost nothing here: --log_samples writes the answers beside them"},
    {"gen_kwargs", "nothing is generated: tasks are scored by log-likelihood"},
    {"wandb_args", "nothing is sent anywhere: upload results_*.json with your tracker's own tool"},
    {"wandb_config_args", "nothing is sent anywhere, as by wandb_args"},
    {"hf_hub_log_args", "nothing is sent anywhere: upload the output folder with the hub's tool"},
    {"trackio_args",
     "nothing is sent anywhere: upload results_*.json with your tracker's own tool"},
}};

void refuse_flags(const Arguments& arguments) {
  for (const Refused& refused : kRefused) {
    if (arguments.text(refused.name)) {
      throw Error(fmt::format("--{}", refused.name), refused.why);
    }
  }
}

// `key=value` words of --model_args.
std::map<std::string, std::string> model_arguments(const Arguments& arguments) {
  std::map<std::string, std::string> values;
  for (const std::string& word : words_in(model_args(arguments))) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) {
      throw Error("--model_args", fmt::format("'{}' is no key=value", word),
                  "pretrained=DIR and more, with commas between them");
    }
    values[word.substr(0, equals)] = word.substr(equals + 1);
  }
  for (const auto& [key, value] : values) {
    static const std::vector<std::string> kKnown = {
        "pretrained", "subfolder", "tokenizer",         "dtype",       "add_bos_token",
        "max_length", "revision",  "trust_remote_code", "parallelize", "device_map"};
    if (std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end()) {
      throw Error("--model_args", fmt::format("the key '{}' is unknown", key),
                  nearest(key, kKnown).empty() ? "pretrained, subfolder, tokenizer, dtype, "
                                                 "add_bos_token or max_length"
                                               : nearest(key, kKnown));
    }
  }
  if (!values.contains("pretrained")) throw Error("--model_args", "lacks pretrained=DIR");
  return values;
}

int64_t whole_number(const std::string& text) {
  const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
  if (text.empty() || text.size() > 9 || !digits || std::stoll(text) == 0) {
    throw Error("--model_args", fmt::format("max_length '{}' is no whole number above 0", text));
  }
  return std::stoll(text);
}

// A word of --model_args as lm-evaluation-harness reads it; what it takes for true because it is
// no empty text, as "no", is refused.
bool true_or_false(const std::string& key, const std::string& text) {
  const std::string word = ascii_lower(text);
  if (word == "true" || word == "1") return true;
  if (word == "false" || word == "0") return false;
  throw Error("--model_args", fmt::format("{} is '{}'", key, text), "True or False");
}

// JSON, or a file of it.
std::map<std::string, std::vector<int64_t>> chosen_samples(const std::string& text) {
  const bool in_file = !text.starts_with('{') && std::filesystem::exists(text);
  const Json chosen = in_file ? parse_json(read_file(text), text) : parse_json(text, "--samples");
  if (!chosen.is_object()) throw Error("--samples", "is no object", "{\"task\": [0, 3]}");
  std::map<std::string, std::vector<int64_t>> samples;
  for (const auto& [task, ids] : chosen.items()) {
    const bool numbers = ids.is_array() && std::all_of(ids.begin(), ids.end(), [](const Json& id) {
                           return id.is_number_integer();
                         });
    if (!numbers) throw Error("--samples", task + " has no list of document numbers");
    if (ids.empty()) throw Error("--samples", task + " has an empty list", "one document or more");
    samples[task] = ids.get<std::vector<int64_t>>();
  }
  return samples;
}

// The rules on the command line, where add_bos_token= of --model_args may stand for one.
void set_token_rules(const Arguments& arguments, const std::map<std::string, std::string>& model,
                     RunOptions& options) {
  options.tokens = token_rules(arguments, {.too_long = TokenRules::TooLong::cut});
  const auto add_bos = model.find("add_bos_token");
  if (add_bos == model.end()) return;
  if (arguments.text("special_tokens")) {
    throw Error("--special_tokens", "and add_bos_token in --model_args exclude each other");
  }
  options.open_with_bos = true_or_false(add_bos->first, add_bos->second);
  options.tokens.special = options.open_with_bos ? SpecialTokens::add : SpecialTokens::omit;
}

Error not_in_cache(const HubPlace& place, const Path& folder) {
  const std::string subfolder = place.subfolder.empty() ? "" : " --subfolder " + place.subfolder;
  return {place.name(),
          std::filesystem::exists(folder)
              ? fmt::format("the hub's cache lacks a part of it: {}", *missing_file(folder))
              : "is neither a folder nor in the hub's cache",
          fmt::format("`e2lm fetch --model {} --revision {}{}` before", place.repo, place.revision,
                      subfolder)};
}

// A local folder, or the hub's cache if pretrained= is a repository's name and no folder.
Path model_folder(std::map<std::string, std::string>& model) {
  const Path local = model["pretrained"];
  const std::string& subfolder = model["subfolder"];
  HubPlace place{.repo = local, .subfolder = subfolder};
  if (!model["revision"].empty()) place.revision = model["revision"];
  const bool inside =
      is_inside_path(place.revision) && (subfolder.empty() || is_inside_path(subfolder));
  const HubCache cache(HubSettings::from_environment().cache);
  const bool on_hub = !is_seen(local) && is_repo_name(place.repo) && inside;
  const bool here = on_hub && is_complete_checkpoint(cache.folder(place));
  const bool two_parts = place.repo.find('/') != std::string::npos;
  if (!on_hub || (!two_parts && !here)) {
    if (place.revision != "main") {
      throw Error("--model_args", "revision=" + place.revision + " names a commit of the hub",
                  "a repository's name in pretrained=, or a local folder without revision=");
    }
    return subfolder.empty() ? local : local / subfolder;
  }
  if (!here) throw not_in_cache(place, cache.folder(place));
  return cache.folder(place);
}

}  // namespace

// Words with commas between them.
std::vector<std::string> words_in(const std::string& text) {
  std::vector<std::string> words;
  for (const std::string& part : split(text, ',')) {
    if (const std::string_view word = trim(part); !word.empty()) words.emplace_back(word);
  }
  return words;
}

bool is_model_argument(const std::string& word) {
  return word.find('=') != std::string::npos && !std::filesystem::exists(word);
}

std::string model_args(const Arguments& arguments) {
  std::string all = arguments.require("model_args");
  for (const std::string& more : arguments.positional()) {
    if (is_model_argument(more)) all += "," + more;
  }
  return all;
}

RunOptions run_options(const Arguments& arguments) {
  refuse_flags(arguments);
  auto model = model_arguments(arguments);
  RunOptions options{.model = model_folder(model),
                     .engine = engine_options(arguments),
                     .requests = request_options(arguments),
                     .quiet = arguments.flag("quiet")};
  options.tokenizer = model.contains("tokenizer") ? Path(model["tokenizer"]) : options.model;
  set_token_rules(arguments, model, options);
  const std::string& dtype = model["dtype"];
  if (dtype == "float32") options.engine.precision = Precision::float32;
  if (dtype == "bfloat16") options.engine.precision = Precision::bfloat16;
  if (!dtype.empty() && arguments.given("dtype")) {
    throw Error("--dtype", "and dtype in --model_args exclude each other");
  }
  const bool known = dtype.empty() || dtype == "auto" || options.engine.precision;
  if (!known) {
    throw Error("--model_args", fmt::format("dtype '{}' is not supported", dtype),
                "float32, bfloat16 or auto");
  }
  if (model.contains("max_length")) options.max_positions = whole_number(model["max_length"]);
  options.bootstrap.draws = arguments.integer("bootstrap_iters").value_or(100000);
  if (const auto samples = arguments.text("samples")) {
    options.samples = chosen_samples(*samples);
    if (options.requests.limit) throw Error("--samples", "and --limit exclude each other");
  }
  return options;
}

std::vector<Option> run_option_rows() {
  const std::vector<Option> own = {
      {"model,M", "NAME", "e2lm", "for the file; there is one engine"},
      {"model_args,a", "K=V,..", "",
       "pretrained=DIR, subfolder=, tokenizer=, dtype=, add_bos_token=, max_length="},
      {"tasks,t", "A,B", "", "names, groups, tags, globs, task files or folders of them"},
      {"config,C", "FILE", "", "a YAML file with these flags as keys; those given here win"},
      {"output_path,o", "DIR", "", "where result files go; or a .json"},
      {"log_samples,s", "", "", "also a file of every document's answers"},
      {"samples,E", "JSON", "", "{\"task\": [0, 3]}, or a file of that: these documents only"},
      {"write_out,w", "", "", "show the first prompt of each task"},
      {"show_config", "", "", "print the tasks' configurations after the results"},
      {"metadata", "JSON", "", "to be kept in the results file"},
      {"bootstrap_iters", "N", "100000",
       "draws of standard errors without a formula; 0: none at all"},
      {"quiet,q", "", "", "no progress"}};
  const std::vector<Option> idle = {
      {"batch_size,b", "N", "", "taken for its sake; waves are chosen here"},
      {"max_batch_size", "N", "", "likewise"},
      {"use_cache,c", "PATH", "", "likewise; a sweep keeps its results in a store"},
      {"cache_requests", "HOW", "", "likewise"},
      {"verbosity,v", "LEVEL", "", "likewise"},
      {"trust_remote_code", "", "", "likewise; nothing remote is run"},
      {"confirm_run_unsafe_code", "", "", "likewise"},
      {"check_integrity", "", "", "likewise; `e2lm validate` checks task files"},
      {"apply_chat_template", "", "", "refused, as are the next ones, with the reason"},
      {"fewshot_as_multiturn", "", "", ""},
      {"predict_only,x", "", "", ""},
      {"gen_kwargs", "K=V,..", "", ""},
      {"wandb_args", "K=V,..", "", ""},
      {"wandb_config_args", "K=V,..", "", ""},
      {"hf_hub_log_args", "K=V,..", "", ""},
      {"trackio_args", "K=V,..", "", ""}};
  return join(join(own, task_option_rows()),
              join(join(token_option_rows(), engine_option_rows()), idle));
}

}  // namespace e2lm
