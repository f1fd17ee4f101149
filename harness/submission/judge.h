#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "harness/http/client.h"
#include "harness/submission/checked_items.h"

namespace e2lm::submission {

// A language model that says of each item whether it asks for knowledge of science or of a
// profession, reached over an OpenAI-style chat-completions endpoint.
struct JudgeOptions {
  std::string url;     // of the API ("https://host/v1") or of its chat/completions
  std::string model;   // as the API names it
  std::string key;     // sent as a bearer token, shown nowhere; may be empty
  int64_t items = 50;  // drawn at random; 0: all
  uint64_t seed = 1234;
  std::optional<double> price_in, price_out;  // US dollars per million tokens
  Path cache;                                 // folder of answers; empty: none is kept
  HttpOptions http;
  // Told what is about to be asked and what it may cost, and of failures.
  std::function<void(const std::string&)> say;
};

// E2LM_JUDGE_URL, E2LM_JUDGE_MODEL, E2LM_JUDGE_KEY, E2LM_JUDGE_PRICE (IN,OUT); none without a URL.
// Throws Error if there is a URL and no model, or a price that is none.
std::optional<JudgeOptions> judge_of_environment();

enum class Opinion { accept, reject, unclear };

// What an answer says: a JSON object's "verdict", the first word if it decides (accept, yes,
// reject, no), what follows "verdict", "decision" or "answer", or words that all say the same.
Opinion opinion_of(std::string_view answer);

struct Domain {
  int64_t items = 0;    // there are
  int64_t sampled = 0;  // of them, to be judged
  int64_t accepted = 0, rejected = 0;
  int64_t unclear = 0;                    // answered, but neither way: not accepted
  int64_t failed = 0;                     // no answer
  int64_t from_cache = 0;                 // of the answered ones
  int64_t tokens_in = 0, tokens_out = 0;  // as the API counted them, of those asked now
  std::string failure;                    // the last one's reason
  std::vector<std::string> examples;      // rejected items, at most five

  double least_share() const;  // of the sample accepted, had all that failed been rejected
  double most_share() const;   // had they been accepted
};

// Asks about a sample. After three failures in a row (each with its retries), or one that can only
// repeat itself (a wrong key), the rest is not asked and counts as failed. Throws Interrupted.
Domain judge_domain(std::span<const CheckedItem> items, const JudgeOptions& options);

Json domain_json(const Domain& domain, const JudgeOptions& options);

}  // namespace e2lm::submission
