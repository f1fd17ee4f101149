#include "tasks/template/template.h"

#include <utility>

#include "base/error.h"
#include "tasks/template/parser.h"
#include "tasks/template/python_literal.h"
#include "tasks/template/python_text.h"
#include "tasks/template/render.h"
#include "tasks/template/source.h"
#include "tasks/template/unicode.h"
#include "tasks/template/work.h"

namespace e2lm {
namespace {

// \r\n and \r become \n, as jinja2 and Python read their sources.
std::string with_plain_line_breaks(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    out += text[i] == '\r' ? '\n' : text[i];
  }
  return out;
}

jinja::Source make_source(std::string_view text, std::string_view where) {
  jinja::Source source{std::string(where), with_plain_line_breaks(text)};
  source.require_utf8();
  return source;
}

}  // namespace

struct Template::Program {
  std::string written;
  jinja::Source source;
  jinja::Statement::Body body;
};

Template::Template(std::unique_ptr<Program> program) : program_(std::move(program)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

Template Template::parse(std::string_view source, std::string_view where) {
  auto program = std::make_unique<Program>();
  program->written = source;
  program->source = make_source(source, where);
  program->body = jinja::parse(program->source);
  return Template(std::move(program));
}

std::string Template::render(const Json& context) const {
  if (!context.is_object()) {
    throw Error(program_->source.where, "the document of a template is no object");
  }
  return jinja::render(program_->source, program_->body, context);
}

const std::string& Template::source() const {
  return program_->written;
}

std::string python_repr(const Json& value) {
  const jinja::Source nowhere{"value", ""};
  jinja::Work work(nowhere, value);
  return jinja::repr(work, jinja::value_of(value));
}

std::string python_str(const Json& value) {
  return value.is_string() ? value.get<std::string>() : python_repr(value);
}

bool python_isdigit(std::string_view utf8) {
  for (size_t at = 0; at < utf8.size();) {
    if (!jinja::is_digit(jinja::next_character(utf8, at))) return false;
  }
  return !utf8.empty();
}

Json parse_python_literal(std::string_view text, std::string_view where) {
  return jinja::read_literal(make_source(text, where));
}

}  // namespace e2lm
