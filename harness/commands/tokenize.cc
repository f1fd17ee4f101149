#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "engine/tokenizer/tokenizer.h"
#include "harness/commands/all.h"
#include "harness/commands/shared.h"

namespace e2lm {
namespace {

int run(const Arguments& arguments) {
  const Tokenizer tokenizer = Tokenizer::read(arguments.require("tokenizer"));
  const SpecialTokens special =
      arguments.flag("special") ? SpecialTokens::add : SpecialTokens::omit;
  const Path input = arguments.require("input");
  for_each_json_line(input, [&](int64_t line, const Json& row) {
    if (!row.is_object() || !row.contains("text") || !row["text"].is_string()) {
      throw Error(fmt::format("{}:{}", input.string(), line), "lacks a text", "{\"text\": \"..\"}");
    }
    const Json ids = {{"ids", tokenizer.encode(row["text"].get<std::string>(), special)}};
    print(ids.dump() + "\n");
  });
  return 0;
}

}  // namespace

Command tokenize_command() {
  return {.name = "tokenize",
          .arguments = "",
          .summary = "Texts to token ids.",
          .details = "Input: {\"text\": \"..\"} a line; output: {\"ids\": [..]} a line.",
          .options = {{"tokenizer", "PATH", "", "tokenizer.json or its folder"},
                      {"input", "FILE", "/dev/stdin", "texts, a JSON object a line"},
                      {"special", "", "", "add the template's special tokens"}},
          .run = run};
}

}  // namespace e2lm
