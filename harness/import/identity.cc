#include "harness/import/identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "harness/import/step_words.h"

namespace e2lm {
namespace {

constexpr const char* kHowToName = "--series NAME, --pattern or --map to say it";
constexpr const char* kHowToStep =
    "step1000, iter_0001000 or the like in revision, subfolder, model or path; or --pattern, "
    "--step-from or --map to say where it stands";

std::string generic_path(const Path& path) {
  return std::filesystem::absolute(path).lexically_normal().generic_string();
}

// Names that say what a file is, not whose.
bool is_generic(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "results", "result", "scores", "metrics", "eval", "evals", "hf", "main"};
  if (name.empty() || std::find(kNames.begin(), kNames.end(), name) != kNames.end()) return true;
  return name.starts_with("results_") || name.starts_with("samples_");
}

// "EleutherAI__pythia-1b", as lm-evaluation-harness writes folders, is pythia-1b.
std::string last_name(std::string_view name) {
  const size_t owner = name.rfind("__");
  return std::string(owner == std::string_view::npos ? name : name.substr(owner + 2));
}

// The innermost part of a path, its step taken off, that says something.
std::string name_in(std::string_view path) {
  std::vector<std::string> parts = split(path, '/');
  for (; !parts.empty(); parts.pop_back()) {
    const std::string name = last_name(without_step(parts.back()));
    if (!is_generic(name) && name != "." && name != "..") return name;
  }
  return "";
}

// A file's name without .gz, .json and the like, and without a BigScience aggregate's ending.
std::string stem_of(const Path& path) {
  std::string name = path.filename().string();
  for (const std::string_view ending : {".gz", ".json", ".jsonl", ".csv", ".tsv", "_agg", "-agg"}) {
    if (ascii_lower(name).ends_with(ending)) name.resize(name.size() - ending.size());
  }
  return name;
}

class Finder {
 public:
  Finder(const ImportedFile& file, const ImportedOrigin& origin, const IdentityOptions& options)
      : file_(file), origin_(origin), options_(options), path_(generic_path(file.path)) {}

  Identity find() {
    match_pattern();
    Identity found{.series = find_series()};
    series_ = found.series;
    found.step = find_step_number();
    found.tokens = find_tokens(found.step);
    found.group = find_group();
    found.mix = find_mix();
    found.control_for = find_control();
    return found;
  }

 private:
  // The first entry of the mapping that fits and has this.
  template <typename T>
  const T* mapped(std::optional<T> MapEntry::*member) const {
    if (!options_.map) return nullptr;
    for (const MapEntry& entry : options_.map->entries) {
      if ((entry.*member) && fits(entry)) return &*(entry.*member);
    }
    return nullptr;
  }

  bool fits(const MapEntry& entry) const {
    if (!entry.path.empty() && !matches_path(path_, entry.path)) return false;
    if (!entry.model.empty() && !matches_path(origin_.model, entry.model)) return false;
    return entry.name.empty() || matches_glob(series_, entry.name);
  }

  const std::string* text_of(StepSource source) const {
    switch (source) {
      case StepSource::revision:
        return &origin_.revision;
      case StepSource::subfolder:
        return &origin_.subfolder;
      case StepSource::model:
        return &origin_.model;
      case StepSource::model_args:
        return &origin_.model_args;
      default:
        return &path_;
    }
  }

  void match_pattern() {
    const TextPattern* pattern = mapped(&MapEntry::pattern);
    if (!pattern && options_.pattern) pattern = &*options_.pattern;
    if (!pattern) return;
    const bool in_path = options_.step_from == StepSource::automatic ||
                         options_.step_from == StepSource::path || !pattern->has("step");
    auto fields =
        in_path ? pattern->match_path(path_) : pattern->match_words(*text_of(options_.step_from));
    if (!fields && options_.step_from == StepSource::automatic) {
      fields = pattern->match_words(origin_.model_args);
    }
    if (!fields) {
      throw Error(file_.path.string(),
                  fmt::format("the pattern '{}' does not fit", pattern->text()),
                  "a pattern for the path's end or for model_args");
    }
    fields_ = *fields;
  }

  const std::string* field(const char* name) const {
    const auto found = fields_.find(name);
    return found == fields_.end() ? nullptr : &found->second;
  }

  std::string find_series() const {
    if (options_.series) return *options_.series;
    if (const std::string* name = mapped(&MapEntry::series)) return *name;
    if (!origin_.series.empty()) return origin_.series;
    if (const std::string* name = field("series")) return *name;
    if (const std::string name = name_in(origin_.model); !name.empty()) return name;
    const Path folder = Path(path_).parent_path();
    const std::string name = name_in(folder.generic_string() + "/" + stem_of(file_.path));
    if (name.empty()) throw Error(file_.path.string(), "does not say which series", kHowToName);
    return name;
  }

  int64_t find_step_number() {
    if (const int64_t* step = mapped(&MapEntry::step)) return *step;
    if (origin_.step) return *origin_.step;
    if (const std::string* digits = field("step")) return number(*digits);
    const auto word = find_step_word();
    if (!word) throw Error(file_.path.string(), "does not say which step", kHowToStep);
    word_tokens_ = word->tokens;
    return word->step;
  }

  int64_t number(const std::string& digits) const {
    if (digits.size() > 15) {
      throw Error(file_.path.string(), fmt::format("the step '{}' is too large", digits));
    }
    return std::atoll(digits.c_str());
  }

  std::optional<StepWord> find_step_word() const {
    if (options_.step_from == StepSource::path) return find_step(file_.path.generic_string());
    if (options_.step_from != StepSource::automatic) return find_step(*text_of(options_.step_from));
    for (const std::string& text :
         {origin_.revision, origin_.subfolder, origin_.model, file_.path.generic_string()}) {
      if (const auto word = find_step(text)) return word;
    }
    return {};
  }

  std::optional<double> find_tokens(int64_t step) const {
    if (const double* tokens = mapped(&MapEntry::tokens)) return *tokens;
    if (const StepTokens* rule = mapped(&MapEntry::step_tokens)) return rule->tokens(step);
    if (options_.tokens) return options_.tokens->tokens(step);
    if (origin_.tokens) return origin_.tokens;
    if (const std::string* text = field("tokens")) return scaled_tokens(*text);
    if (word_tokens_) return word_tokens_;
    if (e2lm_group(series_)) return StepTokens::e2lm().tokens(step);
    return {};
  }

  std::optional<std::string> find_group() const {
    if (options_.group) return options_.group;
    if (const std::string* group = mapped(&MapEntry::group)) return *group;
    if (!origin_.group.empty()) return origin_.group;
    if (const std::string* group = field("group")) return *group;
    return e2lm_group(series_);
  }

  std::optional<Mix> find_mix() const {
    if (options_.mix) return options_.mix;
    if (const Mix* mix = mapped(&MapEntry::mix)) return *mix;
    if (!origin_.mix.empty()) return mix_named(origin_.mix, file_.path.string() + ": mix");
    return {};
  }

  std::optional<std::string> find_control() const {
    if (options_.control_for) return options_.control_for;
    if (const std::string* series = mapped(&MapEntry::control_for)) return *series;
    if (!origin_.control_for.empty()) return origin_.control_for;
    return {};
  }

  const ImportedFile& file_;
  const ImportedOrigin& origin_;
  const IdentityOptions& options_;
  std::string path_;
  std::string series_;  // once it is known
  TextPattern::Fields fields_;
  std::optional<double> word_tokens_;
};

}  // namespace

Identity identify(const ImportedFile& file, const ImportedOrigin& origin,
                  const IdentityOptions& options) {
  return Finder(file, origin, options).find();
}

std::optional<std::string> e2lm_group(std::string_view series) {
  for (const std::string_view size : {"500m", "1b", "3b"}) {
    const std::string before = fmt::format("dense-{}-arch", size);
    if (series.starts_with(before) && series.size() > before.size()) return std::string(size);
  }
  return {};
}

}  // namespace e2lm
