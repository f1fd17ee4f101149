#include <fmt/format.h>

#include "base/error.h"
#include "base/input_file.h"
#include "base/text.h"
#include "harness/import/readers.h"

namespace e2lm {

const char* const kKnownFormats =
    "results of lm-evaluation-harness (today's layout or the old one) or its samples, E2LM plot "
    "data, a "
    "BigScience aggregate, or a CSV table with a header";

namespace {

char first_character(const Path& path) {
  InputFile file(path);
  int byte = file.get();
  while (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n') byte = file.get();
  if (byte < 0) throw Error(path.string(), "is empty", kKnownFormats);
  return static_cast<char>(byte);
}

// Whether a file holds a JSON text a line. A text that is one line is so too where the name says
// it.
bool is_json_lines(const Path& path) {
  InputFile file(path);
  std::string line;
  if (!file.read_line(line)) return false;
  const std::string_view first = trim(line);
  if (!first.starts_with('{') || !first.ends_with('}')) return false;
  if (path.filename().string().find(".jsonl") != std::string::npos) return true;
  return file.read_line(line) && trim(line).starts_with('{');
}

// Whether a sample's requests asked for text: their second argument says how to go on.
bool asks_for_text(const Json& sample) {
  const auto arguments = sample.find("arguments");
  if (arguments == sample.end() || !arguments->is_structured() || arguments->empty()) return false;
  const Json& first = *arguments->begin();
  if (first.is_array()) return first.size() > 1 && first[1].is_object();
  return first.is_object() && first.contains("arg_1") && first["arg_1"].is_object();
}

bool is_sample(const Path& path) {
  std::string line;
  InputFile(path).read_line(line);
  const Json json = parse_python_json(line, path.string() + ":1");
  return json.contains("doc_id") && (json.contains("resps") || json.contains("filtered_resps")) &&
         !asks_for_text(json);
}

std::optional<ImportedFile> read_json_lines(const Path& path) {
  if (!is_sample(path)) return {};
  ImportedFile file{.path = path, .format = "lm-evaluation-harness samples"};
  read_sample_file(file);
  return file;
}

struct Format {
  const char* name;
  bool (*fits)(const Json&);
  void (*read)(const JsonNode&, ImportedFile&);
};

constexpr Format kFormats[] = {
    {"lm-evaluation-harness results", is_lm_eval, read_lm_eval},
    {"lm-evaluation-harness results, old layout", is_old_lm_eval, read_old_lm_eval},
    {"E2LM plot data", is_plot_data, read_plot_data},
    {"BigScience aggregate", is_aggregate, read_aggregate},
};

std::optional<ImportedFile> read_json_file(const Path& path) {
  const Json json = parse_python_json(read_unpacked(path), path.string());
  if (!json.is_object()) return {};
  for (const Format& format : kFormats) {
    if (!format.fits(json)) continue;
    ImportedFile file{.path = path, .format = format.name};
    format.read(JsonNode(json, path.string()), file);
    return file;
  }
  return {};
}

}  // namespace

std::optional<ImportedFile> read_result_file(const Path& path) {
  const char first = first_character(path);
  if (first == '{' && is_json_lines(path)) return read_json_lines(path);
  if (first == '{' || first == '[') return read_json_file(path);
  return read_score_table(path);
}

}  // namespace e2lm
