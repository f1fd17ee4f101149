#include "harness/lm_eval/sample_line.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/error.h"

namespace e2lm::lm_eval {
namespace {

class LineReader {
 public:
  LineReader(const Json& row, const std::string& where) : row_(row), where_(where) {}

  SampleLine read() const {
    if (!row_.is_object()) throw Error(where_, "is no object", "a sample of lm-evaluation-harness");
    SampleLine line{.where = where_, .target = value("target")};
    if (!value("doc_id").is_number_integer()) fail("doc_id", "a whole number");
    line.doc_id = row_["doc_id"].get<int64_t>();
    line.doc_hash = text_or_empty("doc_hash");
    line.filter = text_or_empty("filter");
    for (const Json& argument : listed(value("arguments"))) {
      line.arguments.push_back(read_argument(argument));
    }
    const bool filtered = row_.contains("filtered_resps");
    const Json& responses = value(filtered ? "filtered_resps" : "resps");
    if (!responses.is_array()) fail(filtered ? "filtered_resps" : "resps", "a list");
    for (const Json& response : responses) {
      line.responses.push_back(read_response(filtered ? response : first_of(response)));
    }
    if (line.arguments.empty() || line.arguments.size() != line.responses.size()) {
      throw Error(where_,
                  fmt::format("has {} requests and {} responses", line.arguments.size(),
                              line.responses.size()),
                  "as many of both, at least one");
    }
    read_recorded(line);
    if (row_.contains("e2lm")) line.item = row_["e2lm"];
    return line;
  }

 private:
  [[noreturn]] void fail(const char* key, const char* expected) const {
    throw Error(where_, fmt::format("'{}' is {}", key, row_[key].dump().substr(0, 60)), expected);
  }

  const Json& value(const char* key) const {
    if (!row_.contains(key)) {
      throw Error(where_, fmt::format("lacks '{}'", key), "a sample of lm-evaluation-harness");
    }
    return row_[key];
  }

  std::string text_or_empty(const char* key) const {
    return row_.contains(key) && row_[key].is_string() ? row_[key].get<std::string>() : "";
  }

  // {"gen_args_0": .., "gen_args_1": ..} of new files, a list in old ones. By their numbers: tools
  // that sort keys put 10 before 2.
  std::vector<Json> listed(const Json& arguments) const {
    if (!arguments.is_object() && !arguments.is_array()) fail("arguments", "an object or a list");
    if (arguments.is_array()) return {arguments.begin(), arguments.end()};
    std::vector<Json> in_order;
    for (size_t i = 0; i < arguments.size(); ++i) {
      const auto found = arguments.find(fmt::format("gen_args_{}", i));
      if (found == arguments.end()) return {arguments.begin(), arguments.end()};
      in_order.push_back(*found);
    }
    return in_order;
  }

  SampleLine::Argument read_argument(const Json& argument) const {
    std::vector<std::string> texts;
    if (argument.is_object() || argument.is_array()) {
      for (const Json& text : argument) {
        if (text.is_string()) texts.push_back(text);
      }
    }
    if (texts.empty() || texts.size() != argument.size() || texts.size() > 2) {
      fail("arguments", "a context and a continuation of each request, or one text");
    }
    if (texts.size() == 1) return {.context = texts[0], .alone = true};
    return {.context = texts[0], .continuation = texts[1]};
  }

  const Json& first_of(const Json& list) const {
    if (!list.is_array() || list.empty()) fail("resps", "a list of lists");
    return list[0];
  }

  // ["-1.5", "False"], [-1.5, false], or a rolling request's "-1.5".
  SampleLine::Response read_response(const Json& response) const {
    if (!response.is_array()) return {.nats = nats_of(response)};
    if (response.empty() || response.size() > 2) fail_response(response);
    SampleLine::Response result{.nats = nats_of(response[0])};
    if (response.size() == 1) return result;
    const Json& greedy = response[1];
    if (!greedy.is_boolean() && greedy != "True" && greedy != "False") fail_response(response);
    result.greedy = greedy.is_boolean() ? greedy.get<bool>() : greedy == "True";
    return result;
  }

  // NaN too, which a model with damaged weights answers: metrics say what becomes of it.
  double nats_of(const Json& number) const {
    if (number.is_number()) return number.get<double>();
    // A bare NaN or Infinity, as parse_python_json has it.
    const bool non_finite = number.is_object() && number.contains("__float__");
    const Json& word = non_finite ? number["__float__"] : number;
    if (!word.is_string()) fail_response(number);
    const auto& text = word.get_ref<const std::string&>();
    char* end = nullptr;
    const double nats = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0') fail_response(number);
    return nats;
  }

  [[noreturn]] void fail_response(const Json& response) const {
    throw Error(where_, fmt::format("a response is {}", response.dump().substr(0, 60)),
                "a log-likelihood and whether it is greedy");
  }

  // Metrics stand beside the other keys: the ones listed, in old files every number.
  void read_recorded(SampleLine& line) const {
    for (const auto& [key, number] : row_.items()) {
      if (!number.is_number() || key == "doc_id") continue;
      line.recorded[key] = number.get<double>();
    }
  }

  const Json& row_;
  const std::string& where_;
};

}  // namespace

SampleLine read_sample_line(const Json& row, const std::string& where) {
  return LineReader(row, where).read();
}

}  // namespace e2lm::lm_eval
