#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/memory.h"
#include "base/progress.h"
#include "engine/checkpoint.h"
#include "engine/engine.h"
#include "engine/tokenizer/pair.h"
#include "harness/commands/all.h"
#include "harness/commands/shared.h"

namespace e2lm {
namespace {

struct Line {
  Json id;  // null when the input has none
  TokenRequest request;
  std::string where;
};

std::vector<int32_t> read_ids(const Json& list, const std::string& where, const char* key) {
  const auto fail = [&](const std::string& what) {
    throw Error(where, fmt::format("{} {}", key, what), "a list of token ids");
  };
  if (!list.is_array()) fail("is " + list.dump());
  for (const Json& item : list) {  // of thousands it is this one
    if (!item.is_number_integer() || item < 0 || item > INT32_MAX) fail("holds " + item.dump());
  }
  return list.get<std::vector<int32_t>>();
}

// Turns input lines into requests; opens the tokenizer at once if one is named, or else the model's
// when the first text comes.
class RequestReader {
 public:
  RequestReader(const Arguments& arguments, const TokenRules& rules)
      : tokenizer_path_(arguments.text("tokenizer").value_or(arguments.require("model"))),
        rules_(rules) {
    if (arguments.text("tokenizer")) tokenizer_ = Tokenizer::read(tokenizer_path_);
  }

  Line read(const Json& row, const std::string& where) {
    if (!row.is_object()) throw Error(where, "is no object");
    Line line{.id = row.value("id", Json()), .request = {}, .where = where};
    TokenPair pair;
    if (row.contains("context_ids") && row.contains("continuation_ids")) {
      pair.context = read_ids(row["context_ids"], where, "context_ids");
      pair.continuation = read_ids(row["continuation_ids"], where, "continuation_ids");
    } else if (row.contains("context") && row["context"].is_string() &&
               row.contains("continuation") && row["continuation"].is_string()) {
      if (!tokenizer_) tokenizer_ = Tokenizer::read(tokenizer_path_);
      if (!encoder_) encoder_.emplace(*tokenizer_, rules_.special, rules_.joining);
      pair =
          encode(row["context"].get<std::string>(), row["continuation"].get<std::string>(), where);
    } else {
      throw Error(where, "lacks a request",
                  "the texts context and continuation, or the lists context_ids and "
                  "continuation_ids");
    }
    if (pair.context.empty() || pair.continuation.empty()) {
      throw Error(where, "has an empty context or continuation", "at least one token of each");
    }
    line.request.ids = std::move(pair.context);
    line.request.first_scored = static_cast<int32_t>(line.request.ids.size());
    line.request.ids.insert(line.request.ids.end(), pair.continuation.begin(),
                            pair.continuation.end());
    return line;
  }

 private:
  TokenPair encode(const std::string& context, const std::string& continuation,
                   const std::string& where) {
    try {
      return encoder_->encode(context, continuation);
    } catch (const Error& error) {  // of thousands of lines it is this one
      throw Error(where, error.what());
    }
  }

  Path tokenizer_path_;
  TokenRules rules_;
  std::optional<Tokenizer> tokenizer_;
  std::optional<PairEncoder> encoder_;
};

// The engine checks them, too, but knows no lines.
void check(const std::vector<Line>& lines, const Engine& engine) {
  for (const Line& line : lines) {
    const auto& ids = line.request.ids;
    const int32_t largest = *std::max_element(ids.begin(), ids.end());
    if (largest >= engine.vocabulary()) {
      throw Error(line.where,
                  fmt::format("the token id {} is outside the model's vocabulary of {}", largest,
                              engine.vocabulary()),
                  "ids of the tokenizer this checkpoint was trained with");
    }
    if (std::ssize(ids) - 1 > engine.max_positions()) {  // the last one is no input
      throw Error(
          line.where, fmt::format("is {} tokens long", ids.size()),
          fmt::format("at most one more than the model's {} positions", engine.max_positions()));
    }
  }
}

std::string result_line(const Line& line, const TokenScores& scores, bool per_token) {
  Json json = Json::object();
  if (!line.id.is_null()) json["id"] = line.id;
  json["logprob"] = scores.total_nats();
  json["tokens"] = scores.logprobs_nats.size();
  json["greedy"] = scores.greedy_tokens() == std::ssize(scores.greedy);
  if (per_token) json["token_logprobs"] = scores.logprobs_nats;
  return json.dump() + "\n";
}

// Seconds since it was asked last.
class Stopwatch {
 public:
  double lap() {
    const auto before = std::exchange(lap_, Clock::now());
    return std::chrono::duration<double>(lap_ - before).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point lap_ = Clock::now();
};

struct Seconds {
  double loading = 0, reading = 0;  // the tokenizer is loaded where it is named
};

// Scores with progress on standard error, and what memory and time it all takes.
std::vector<TokenScores> score(Engine& engine, const std::vector<Line>& lines, bool quiet,
                               const Seconds& before) {
  Stopwatch watch;
  std::vector<TokenRequest> requests;
  for (const Line& line : lines) requests.push_back(line.request);
  const PrefixTree tree = PrefixTree::build(requests);
  std::vector<TokenScores> scores(requests.size());
  Progress progress("requests", std::ssize(requests), quiet);
  progress.note(fmt::format("Memory: up to {} expected.",
                            format_bytes(resident_bytes() + engine.working_bytes(tree))));
  engine.score(tree, [&](int32_t request, TokenScores result) {
    scores[request] = std::move(result);
    progress.advance(1);
  });
  progress.note(fmt::format("Memory: {} at most.", format_bytes(peak_resident_bytes())));
  progress.note(fmt::format(
      "Time: {:.3f} s loading, {:.3f} s reading requests, {:.3f} s scoring {} distinct tokens.",
      before.loading, before.reading, watch.lap(), tree.rows()));
  return scores;
}

TokenRules rules_of(const Arguments& arguments) {
  TokenRules rules;
  if (arguments.flag("special")) rules.special = SpecialTokens::add;
  if (const auto joining = arguments.text("joining")) {
    rules.joining = joining_named(*joining, "--joining");
  }
  return rules;
}

int run(const Arguments& arguments) {
  const Path model = arguments.require("model");
  const auto output_file = arguments.text("output");
  if (output_file) check_can_write(*output_file);
  Stopwatch watch;
  Seconds seconds;
  const Checkpoint checkpoint = Checkpoint::open(model);
  RequestReader reader(arguments, rules_of(arguments));
  seconds.loading = watch.lap();
  std::vector<Line> lines;
  const Path requests = arguments.require("requests");
  for_each_json_line(requests, [&](int64_t number, const Json& row) {
    lines.push_back(reader.read(row, fmt::format("{}:{}", requests.string(), number)));
  });
  seconds.reading = watch.lap();
  const auto engine = Engine::open(checkpoint, engine_options(arguments));
  seconds.loading += watch.lap();
  check(lines, *engine);
  const std::vector<TokenScores> scores = score(*engine, lines, arguments.flag("quiet"), seconds);
  std::string output;
  for (size_t i = 0; i < lines.size(); ++i) {
    output += result_line(lines[i], scores[i], arguments.flag("per-token"));
  }
  if (output_file) {
    write_file(*output_file, output);
  } else {
    print(output);
  }
  return 0;
}

}  // namespace

Command logprobs_command() {
  return {.name = "logprobs",
          .arguments = "",
          .summary = "Log-likelihoods of given requests under a checkpoint.",
          .details =
              "Input: a JSON object a line, {\"context\": \"..\", \"continuation\": \"..\"} or\n"
              "{\"context_ids\": [..], \"continuation_ids\": [..]}, optionally with an \"id\".\n"
              "Output, in the same order: {\"id\", \"logprob\", \"tokens\", \"greedy\"}.",
          .options = join({{"model", "DIR", "", "checkpoint folder"},
                           {"requests", "FILE", "", "requests, a JSON object a line"},
                           {"output,o", "FILE", "", "results; default: standard output"},
                           {"tokenizer", "PATH", "",
                            "tokenizer.json or its folder; default: the "
                            "model's"},
                           {"per-token", "", "", "also the log-probability of every token"},
                           {"quiet,q", "", "", "no progress"},
                           {"special", "", "", "add the tokenizer template's special tokens"},
                           {"joining", "RULE", "joint",
                            "context and continuation: joint, tokenized together and cut, or "
                            "separate"}},
                          engine_option_rows()),
          .run = run};
}

}  // namespace e2lm
