#include "tasks/frozen/olmo_requests.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/input_file.h"

namespace e2lm {
namespace {

constexpr int64_t kNoOffset = INT64_MAX;

Path requests_file(const Path& folder) {
  const Path packed = folder / "requests.jsonl.gz";
  return std::filesystem::exists(packed) ? packed : folder / "requests.jsonl";
}

class OlmoRequests {
 public:
  OlmoRequests(const Task& task, const RequestOptions& options)
      : task_(task), options_(options), file_(requests_file(task.frozen->path)) {
    if (task.output_type != OutputType::multiple_choice) {
      throw Error(task.frozen->where,
                  fmt::format("the dump is read as {}", output_type_name(task.output_type)),
                  "output_type: multiple_choice");
    }
    unconditional_ = std::any_of(task.metrics.begin(), task.metrics.end(),
                                 [](const auto& m) { return m.name == "acc_mutual_info"; });
  }

  FrozenDocuments read() {
    read_config();
    const FrozenChoice choice(options_, result_.all_documents);
    while (next()) add(parse_json(text_, file_.path().string(), line_), choice);
    finish_document();
    if (documents_ != result_.all_documents) {
      throw Error(where_, fmt::format("the file ends after {} documents", documents_),
                  fmt::format("{}, as config.json says", result_.all_documents));
    }
    for (FrozenDocument& document : result_.documents) finish(document);
    return std::move(result_);
  }

 private:
  void read_config() {
    const Path path = task_.frozen->path / "config.json";
    const Json config = parse_json(read_file(path), path.string());
    result_.held = result_.all_documents = frozen_count(config, "num_instances", path.string());
    const Json& task = frozen_value(config, "task_config", Json::value_t::object, path.string());
    result_.shots = frozen_count(task, "num_shots", path.string());
    result_.fewshot_seed = task.value("fewshot_seed", uint64_t{1234});
    const Json kwargs = task.value("metric_kwargs", Json::object());
    if (kwargs.contains("uncond_docid_offset")) {
      offset_ = frozen_count(kwargs, "uncond_docid_offset", path.string());
    }
  }

  bool next() {
    line_ = file_.line();
    where_ = fmt::format("{}:{}", file_.path().string(), line_);
    return file_.read_line(text_);
  }

  void add(Json line, const FrozenChoice& choice) {
    const std::string type = frozen_text(line, "request_type", where_);
    if (type != "loglikelihood") {
      throw Error(where_, fmt::format("the request_type is {}", type), "loglikelihood");
    }
    const int64_t doc_id = frozen_count(line, "doc_id", where_);
    const int64_t idx = frozen_count(line, "idx", where_);
    const Json& pair = frozen_value(line, "request", Json::value_t::object, where_);
    Request request{.doc_id = static_cast<int32_t>(doc_id),
                    .idx = static_cast<int32_t>(idx),
                    .context = frozen_text(pair, "context", where_),
                    .continuation = frozen_text(pair, "continuation", where_)};
    if (doc_id >= offset_) return add_unconditional(std::move(request), doc_id - offset_);
    if (doc_id != documents_ || idx != next_idx_) {  // the next document, or a break in the order
      finish_document();
      if (doc_id != documents_ || idx != 0) {
        throw Error(where_, fmt::format("is request {} of document {}", idx, doc_id),
                    fmt::format("request 0 of document {}", documents_));
      }
    }
    ++next_idx_;
    if (!choice.wants(doc_id)) return;
    if (idx == 0) begin_document(line);
    FrozenDocument& document = result_.documents.back();
    if (labels_.back() != line["label"]) {
      throw Error(where_, fmt::format("the label is {}", line["label"].dump()),
                  fmt::format("{}, as in the document's first request", labels_.back().dump()));
    }
    document.item.choices.push_back(measure(request.continuation));
    document.requests.push_back(std::move(request));
  }

  void begin_document(Json& line) {
    labels_.push_back(line.value("label", Json()));
    FrozenDocument& made = result_.documents.emplace_back();
    made.document.where = where_;
    if (!options_.keep_documents) return;
    frozen_value(line, "doc", Json::value_t::object, where_);
    made.document.columns = std::move(line["doc"]);
    made.target = labels_.back();
  }

  void finish_document() {
    documents_ += next_idx_ > 0;
    next_idx_ = 0;
  }

  // Of a document that is not kept it is passed over.
  void add_unconditional(Request request, int64_t doc_id) {
    finish_document();
    if (!unconditional_) return;
    auto& known = result_.documents;
    const auto found = std::lower_bound(
        known.begin(), known.end(), doc_id,
        [](const FrozenDocument& made, int64_t id) { return made.requests[0].doc_id < id; });
    if (found == known.end() || found->requests[0].doc_id != doc_id) return;
    request.doc_id = static_cast<int32_t>(doc_id);
    request.idx = static_cast<int32_t>(found->requests.size());
    found->requests.push_back(std::move(request));
  }

  static ItemShape::Choice measure(const std::string& continuation) {
    return measure_choice(continuation.starts_with(' ') ? continuation.substr(1) : continuation);
  }

  void finish(FrozenDocument& document) {
    const std::string& where = document.document.where;
    const Json& label = labels_[&document - result_.documents.data()];
    const size_t choices = document.item.choices.size();
    document.item.golds = frozen_golds(label, std::ssize(document.item.choices), where);
    document.item.several_golds = label.is_array();
    document.item.unconditional = unconditional_;
    if (unconditional_ && document.requests.size() != 2 * choices) {
      throw Error(where,
                  fmt::format("the document's {} choices have {} requests after nothing", choices,
                              document.requests.size() - choices),
                  "as many, for acc_mutual_info");
    }
  }

  const Task& task_;
  const RequestOptions& options_;
  InputFile file_;
  std::string text_, where_;
  int64_t line_ = 0;
  int64_t offset_ = kNoOffset;
  int64_t documents_ = 0;  // whole ones seen
  int64_t next_idx_ = 0;   // of the document being read
  bool unconditional_ = false;
  FrozenDocuments result_;
  std::vector<Json> labels_;  // of the documents
};

}  // namespace

FrozenDocuments read_olmo_requests(const Task& task, const RequestOptions& options) {
  return OlmoRequests(task, options).read();
}

}  // namespace e2lm
