#include "tasks/dialect/process_docs.h"

#include <fmt/format.h>

#include <functional>

#include "base/error.h"
#include "base/random.h"
#include "tasks/template/template.h"

namespace e2lm {

// One step, on all documents in their order.
class DocumentProcessor::Step {
 public:
  virtual ~Step() = default;
  virtual void apply(Documents& documents) const = 0;
};

namespace {

using Step = DocumentProcessor::Step;

// A step that treats each document by itself; false leaves it out.
class DocumentStep : public Step {
 public:
  void apply(Documents& documents) const final {
    Documents kept;
    for (Document& document : documents) {
      if (apply(document)) kept.push_back(std::move(document));
    }
    documents = std::move(kept);
  }

 private:
  virtual bool apply(Document& document) const = 0;
};

Json& column_of(Document& document, const std::string& name, std::string_view step) {
  const auto found = document.columns.find(name);
  if (found == document.columns.end()) {
    throw Error(document.where, fmt::format("the row has no column '{}'", name),
                fmt::format("the one that process_docs.{} names", step));
  }
  return *found;
}

std::string render(const Template& what, const Json& context, const Document& document) {
  try {
    return what.render(context);
  } catch (const Error& error) {
    throw Error(document.where, error.what());
  }
}

class Rename final : public DocumentStep {
 public:
  Rename(std::string to, std::string from) : to_(std::move(to)), from_(std::move(from)) {}

  bool apply(Document& document) const override {
    Json value = column_of(document, from_, "rename");
    document.columns.erase(from_);
    document.columns[to_] = std::move(value);
    return true;
  }

 private:
  std::string to_, from_;
};

class Map final : public DocumentStep {
 public:
  Map(std::string column, Template what, bool literal)
      : column_(std::move(column)), what_(std::move(what)), literal_(literal) {}

  bool apply(Document& document) const override {
    const std::string text = render(what_, document.columns, document);
    document.columns[column_] =
        literal_ ? parse_python_literal(text, document.where + ": process_docs.literal")
                 : Json(text);
    return true;
  }

 private:
  std::string column_;
  Template what_;
  bool literal_;
};

class Filter final : public DocumentStep {
 public:
  explicit Filter(Template what) : what_(std::move(what)) {}

  bool apply(Document& document) const override {
    return render(what_, document.columns, document) == "True";
  }

 private:
  Template what_;
};

// Templates over `text`, one after the other, for every text in some columns.
class Edit final : public DocumentStep {
 public:
  Edit(std::string name, std::vector<std::string> columns, std::vector<Template> edits,
       Json context = Json::object())
      : name_(std::move(name)),
        columns_(std::move(columns)),
        edits_(std::move(edits)),
        context_(std::move(context)) {}

  bool apply(Document& document) const override {
    for (const std::string& column : columns_) {
      edit(column_of(document, column, name_), document);
    }
    return true;
  }

 private:
  void edit(Json& value, const Document& document) const {
    if (value.is_array()) {
      for (Json& item : value) edit(item, document);
    }
    if (!value.is_string()) return;
    Json context = context_;
    context["text"] = std::move(value);
    for (const Template& one : edits_) context["text"] = render(one, context, document);
    value = std::move(context["text"]);
  }

  std::string name_;
  std::vector<std::string> columns_;
  std::vector<Template> edits_;
  Json context_;
};

// Values change places among some columns, by one stream of draws over the documents.
class Shuffle final : public Step {
 public:
  Shuffle(std::vector<std::string> columns, int64_t seed)
      : columns_(std::move(columns)), seed_(seed) {}

  void apply(Documents& documents) const override {
    Random random(seed_);
    for (Document& document : documents) {
      for (int64_t last = std::ssize(columns_) - 1; last > 0; --last) {
        const int64_t other = random.below(last + 1);
        if (other == last) continue;
        std::swap(column_of(document, columns_[last], "shuffle"),
                  column_of(document, columns_[other], "shuffle"));
      }
    }
  }

 private:
  std::vector<std::string> columns_;
  int64_t seed_;
};

std::vector<Template> strip_edits() {
  std::vector<Template> edits;
  edits.push_back(Template::parse("{{ text.strip() }}", "strip"));
  return edits;
}

std::vector<Template> markup_edits() {
  std::vector<Template> edits = strip_edits();
  for (const char* edit :
       {"{{ text.replace(' [title]', '. ') }}", R"({{ text | regex_replace('\\[.*?\\]', '') }})",
        "{{ text.replace('  ', ' ') }}"}) {
    edits.push_back(Template::parse(edit, "strip_markup"));
  }
  return edits;
}

// Reads the steps; what is wrong with one goes to `problems`, and there is no step.
class StepReader {
 public:
  explicit StepReader(Problems& problems) : problems_(problems) {}

  std::vector<std::shared_ptr<const Step>> read(const Yaml& entry) {
    if (entry.kind != Yaml::Kind::map || entry.entries.size() != 1) {
      problems_.add(entry, "a step of 'process_docs' must be a mapping with one key");
      return {};
    }
    const std::string& name = entry.entries[0].key.text;
    const Yaml& value = entry.entries[0].value;
    if (name == "rename") return rename(value);
    if (name == "map" || name == "literal") return map(value, name == "literal");
    if (name == "replace") return replace(value);
    if (name == "shuffle") return shuffle(value);
    if (name == "strip") return edit(name, value, strip_edits());
    if (name == "strip_markup") return edit(name, value, markup_edits());
    if (name == "filter") {
      if (auto what = parse(value)) steps_.push_back(std::make_shared<Filter>(std::move(*what)));
      return std::move(steps_);
    }
    problems_.add(entry, fmt::format("the step '{}' is unknown; there are rename, map, literal, "
                                     "replace, strip, strip_markup, shuffle and filter",
                                     name));
    return {};
  }

 private:
  std::optional<Template> parse(const Yaml& node) {
    try {
      if (node.kind == Yaml::Kind::scalar) {
        return Template::parse(node.text, fmt::format("{}: process_docs", node.where()));
      }
      problems_.add(node, "this must be a template");
    } catch (const Error& error) {
      problems_.add(error);
    }
    return {};
  }

  std::vector<std::shared_ptr<const Step>> rename(const Yaml& names) {
    if (names.kind != Yaml::Kind::map) problems_.add(names, "'rename' must map new names to old");
    for (const YamlEntry& entry : names.entries) {
      steps_.push_back(std::make_shared<Rename>(entry.key.text, entry.value.text));
    }
    return std::move(steps_);
  }

  std::vector<std::shared_ptr<const Step>> map(const Yaml& columns, bool literal) {
    if (columns.kind != Yaml::Kind::map) {
      problems_.add(columns, "this must map columns to templates");
    }
    for (const YamlEntry& entry : columns.entries) {
      if (auto what = parse(entry.value)) {
        steps_.push_back(std::make_shared<Map>(entry.key.text, std::move(*what), literal));
      }
    }
    return std::move(steps_);
  }

  std::vector<std::string> names_in(const Yaml& node) {
    if (node.kind == Yaml::Kind::scalar) return {node.text};
    std::vector<std::string> names;
    for (const Yaml& item : node.items) names.push_back(item.text);
    if (names.empty()) problems_.add(node, "no column is named here");
    return names;
  }

  std::vector<std::shared_ptr<const Step>> edit(const std::string& name, const Yaml& columns,
                                                std::vector<Template> edits) {
    steps_.push_back(std::make_shared<Edit>(name, names_in(columns), std::move(edits)));
    return std::move(steps_);
  }

  std::vector<std::shared_ptr<const Step>> replace(const Yaml& node) {
    YamlMap keys(node, "replace", problems_);
    const Yaml* columns = keys.require("in");
    const std::string regex = keys.text("regex").value_or("");
    const std::string by = keys.text("by").value_or("");
    keys.finish();
    if (regex.empty()) problems_.add(node, "'replace.regex' is missing");
    if (!columns || regex.empty()) return {};
    std::vector<Template> edits;
    edits.push_back(Template::parse("{{ text | regex_replace(regex, by) }}", "replace"));
    steps_.push_back(std::make_shared<Edit>("replace", names_in(*columns), std::move(edits),
                                            Json{{"regex", regex}, {"by", by}}));
    return std::move(steps_);
  }

  std::vector<std::shared_ptr<const Step>> shuffle(const Yaml& node) {
    YamlMap keys(node, "shuffle", problems_);
    const Yaml* columns = keys.require("columns");
    const int64_t seed = keys.integer("seed").value_or(0);
    keys.finish();
    if (columns) steps_.push_back(std::make_shared<Shuffle>(names_in(*columns), seed));
    return std::move(steps_);
  }

  Problems& problems_;
  std::vector<std::shared_ptr<const Step>> steps_;
};

}  // namespace

DocumentProcessor DocumentProcessor::read(const Yaml& steps, Problems& problems) {
  DocumentProcessor processor;
  if (steps.kind != Yaml::Kind::list) problems.add(steps, "'process_docs' must be a list of steps");
  for (const Yaml& entry : steps.items) {
    for (auto& step : StepReader(problems).read(entry)) processor.steps_.push_back(std::move(step));
  }
  return processor;
}

Documents DocumentProcessor::apply(Documents documents) const {
  for (const auto& step : steps_) step->apply(documents);
  return documents;
}

}  // namespace e2lm
