#include "tasks/frozen/frozen_lines.h"

#include <fmt/format.h>

#include <optional>

#include "base/error.h"
#include "base/hash.h"
#include "base/input_file.h"

namespace e2lm {
namespace {

constexpr int64_t kLayout = 1;

class FrozenLines {
 public:
  FrozenLines(const Task& task, const RequestOptions& options)
      : task_(task), options_(options), file_(task.frozen->path) {}

  FrozenDocuments read() {
    read_head();
    const FrozenChoice choice(options_, lines_);
    for (int64_t line = 0; next(); ++line) {
      if (line >= lines_) throw Error(where_, fmt::format("follows the last of {}", counted()));
      // A document's number is that of its line: which are wanted is known before parsing.
      if (choice.wants(line)) result_.documents.push_back(document(parse(), line));
      seen_ = line + 1;
    }
    if (seen_ != lines_) {
      throw Error(where_, fmt::format("the file ends after {} documents", seen_), counted());
    }
    check_hash();
    return std::move(result_);
  }

 private:
  std::string counted() const { return fmt::format("{} documents, as line 1 says", lines_); }

  // The next line into text_; false at the end.
  bool next() {
    line_ = file_.line();
    where_ = fmt::format("{}:{}", file_.path().string(), line_);
    if (!file_.read_line(text_)) return false;
    hash_.add(text_);
    hash_.add("\n");
    return true;
  }

  Json parse() const { return parse_json(text_, file_.path().string(), line_); }

  void read_head() {
    if (!next()) throw Error(where_, "the file is empty", "the head of a frozen task");
    const Json head = parse();
    if (frozen_count(head, "frozen", where_) != kLayout) {
      throw Error(where_, fmt::format("the layout is number {}", head["frozen"].dump()),
                  fmt::format("{}, what this version reads", kLayout));
    }
    const std::string type = frozen_text(head, "output_type", where_);
    if (type != output_type_name(task_.output_type)) {
      throw Error(where_, fmt::format("the requests are of output_type {}", type),
                  fmt::format("{}, as the task file says", output_type_name(task_.output_type)));
    }
    result_.shots = frozen_count(head, "num_fewshot", where_);
    result_.fewshot_seed = static_cast<uint64_t>(frozen_count(head, "fewshot_seed", where_));
    result_.held = lines_ = frozen_count(head, "documents", where_);
    result_.all_documents = frozen_count(head, "all_documents", where_);
  }

  FrozenDocument document(Json line, int64_t doc_id) const {
    if (frozen_count(line, "doc_id", where_) != doc_id) {
      throw Error(where_, fmt::format("the document has number {}", line["doc_id"].dump()),
                  fmt::format("{}, that of its line", doc_id));
    }
    FrozenDocument made;
    made.document.where = where_;
    switch (task_.output_type) {
      case OutputType::multiple_choice:
        made.item = multiple_choice(line, made.requests);
        break;
      case OutputType::loglikelihood:
        made.item = single(line, made.requests);
        break;
      case OutputType::loglikelihood_rolling:
        made.item = rolling(line, made.requests);
        break;
    }
    for (Request& request : made.requests) request.doc_id = static_cast<int32_t>(doc_id);
    if (options_.keep_documents) {
      frozen_value(line, "doc", Json::value_t::object, where_);
      made.document.columns = std::move(line["doc"]);
      made.target = std::move(line["target"]);
    }
    return made;
  }

  ItemShape rolling(const Json& line, std::vector<Request>& requests) const {
    requests = {{.continuation = frozen_text(line, "text", where_), .rolling = true}};
    return {.type = task_.output_type,
            .words = frozen_count(line, "words", where_),
            .bytes = frozen_count(line, "bytes", where_)};
  }

  std::vector<Request> pairs(const Json& line) const {
    std::vector<Request> requests;
    for (const Json& pair : frozen_value(line, "requests", Json::value_t::array, where_)) {
      const bool right =
          pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_string();
      if (!right) {
        throw Error(where_, fmt::format("a request is {}", pair.dump()),
                    "a list of context and continuation");
      }
      requests.push_back({.idx = static_cast<int32_t>(requests.size()),
                          .context = pair[0].get<std::string>(),
                          .continuation = pair[1].get<std::string>()});
    }
    return requests;
  }

  ItemShape single(const Json& line, std::vector<Request>& requests) const {
    requests = pairs(line);
    if (requests.size() != 1) {
      throw Error(where_, fmt::format("has {} requests", requests.size()), "one");
    }
    return {.type = task_.output_type,
            .golds = {0},
            .choices = {measure_choice(requests.front().continuation)}};
  }

  ItemShape multiple_choice(const Json& line, std::vector<Request>& requests) const {
    ItemShape item;
    requests = pairs(line);
    for (const Json& choice : frozen_value(line, "choices", Json::value_t::array, where_)) {
      if (!choice.is_string()) throw Error(where_, "a choice is " + choice.dump(), "a text");
      item.choices.push_back(measure_choice(choice.get_ref<const std::string&>()));
    }
    const size_t choices = item.choices.size();
    if (choices == 0 || (requests.size() != choices && requests.size() != 2 * choices)) {
      throw Error(where_, fmt::format("has {} requests for {} choices", requests.size(), choices),
                  "as many, or twice as many where those after nothing follow");
    }
    item.unconditional = requests.size() == 2 * choices;
    const Json gold = line.value("gold", Json());
    item.several_golds = gold.is_array();
    item.golds = frozen_golds(gold, std::ssize(item.choices), where_);
    return item;
  }

  void check_hash() {
    const std::string found = hash_.hex();
    if (found == task_.frozen->sha256) return;
    throw Error(task_.frozen->where,
                fmt::format("the content of {} has the SHA-256 {}", file_.path().string(), found),
                task_.frozen->sha256);
  }

  const Task& task_;
  const RequestOptions& options_;
  InputFile file_;
  Sha256 hash_;
  std::string text_, where_;
  int64_t line_ = 0, lines_ = 0, seen_ = 0;
  FrozenDocuments result_;
};

}  // namespace

FrozenDocuments read_frozen_lines(const Task& task, const RequestOptions& options) {
  return FrozenLines(task, options).read();
}

}  // namespace e2lm
