#include "tasks/template/render.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "tasks/template/access.h"
#include "tasks/template/evaluate.h"
#include "tasks/template/python_text.h"
#include "tasks/template/work.h"

namespace e2lm::jinja {
namespace {

using Kind = Statement::Kind;
using Names = std::vector<std::string>;

class Renderer {
 public:
  Renderer(const Source& source, const Json& document)
      : work_(source, document), variables_(document) {}

  std::string run(const Statement::Body& body) {
    render(body);
    return std::move(out_);
  }

 private:
  void render(const Statement::Body& body) {
    for (const Statement& statement : body) render(statement);
  }

  void render(const Statement& s) {
    work_.spend(1);
    work_.stand_at(s.at);
    switch (s.kind) {
      case Kind::text:
        append_str(work_, std::string_view(s.text), out_);
        break;
      case Kind::print:
        append_str(work_, value_of(s.expressions[0]), out_);
        break;
      case Kind::choose:
        choose(s);
        break;
      case Kind::loop:
        loop(s);
        break;
      case Kind::set:
        assign(s.names, value_of(s.expressions[0]));
        break;
      case Kind::set_block:
        set_block(s);
        break;
      case Kind::with:
        with(s);
        break;
      case Kind::unset:
        for (const std::string& name : s.names) {
          variables_.set(name, Undefined{.message = name, .is_name = true});
        }
        break;
    }
  }

  // Leaves the work at the expression, so that a failure to use its value names it.
  Value value_of(const Expression& expression) {
    const Value value = evaluate(work_, variables_, expression);
    work_.stand_at(expression.at);
    return value;
  }

  bool holds(const Expression& condition) { return truth(work_, value_of(condition)); }

  void choose(const Statement& s) {
    size_t i = 0;
    while (i < s.expressions.size() && !holds(s.expressions[i])) ++i;
    if (i < s.bodies.size()) render(s.bodies[i]);
  }

  void loop(const Statement& s) {
    std::vector<Value> items = iterate(work_, value_of(s.expressions[0]));
    if (s.expressions.size() > 1) items = filter(s, items);
    Loop loop{.items = &items};
    for (const Value& item : items) {
      const Variables::Scope scope(variables_);
      variables_.set("loop", &std::as_const(loop));
      assign(s.names, item);
      render(s.bodies[0]);
      ++loop.index;
    }
    if (!items.empty() || s.bodies.size() < 2) return;
    const Variables::Scope scope(variables_);
    render(s.bodies[1]);
  }

  // The items for which the `if` of a loop holds; `loop` is not of this loop there.
  std::vector<Value> filter(const Statement& s, const std::vector<Value>& items) {
    std::vector<Value> kept;
    for (const Value& item : items) {
      const Variables::Scope scope(variables_);
      assign(s.names, item);
      if (!holds(s.expressions[1])) continue;
      // jinja2 packs the names again, which shows in loop.previtem.
      kept.push_back(s.names.size() == 1 ? item : Tuple{work_.keep(iterate(work_, item))});
    }
    return kept;
  }

  // One name takes the value, several its items.
  void assign(const Names& names, const Value& value) {
    if (names.size() == 1) {
      variables_.set(names[0], value);
      return;
    }
    const std::vector<Value> parts = iterate(work_, value);
    if (parts.size() != names.size()) {
      work_.fail(fmt::format("{} values are unpacked", parts.size()),
                 fmt::format("{}", names.size()));
    }
    for (size_t i = 0; i < names.size(); ++i) variables_.set(names[i], parts[i]);
  }

  void set_block(const Statement& s) {
    std::string outer = std::exchange(out_, {});
    {
      const Variables::Scope scope(variables_);
      render(s.bodies[0]);
    }
    variables_.set(s.names[0], work_.keep(std::exchange(out_, std::move(outer))));
  }

  // All values belong to the scope outside, also where one names another.
  void with(const Statement& s) {
    std::vector<Value> values;
    for (const Expression& expression : s.expressions) values.push_back(value_of(expression));
    const Variables::Scope scope(variables_);
    for (size_t i = 0; i < values.size(); ++i) variables_.set(s.names[i], values[i]);
    render(s.bodies[0]);
  }

  Work work_;
  Variables variables_;
  std::string out_;
};

}  // namespace

std::string render(const Source& source, const Statement::Body& body, const Json& document) {
  return Renderer(source, document).run(body);
}

}  // namespace e2lm::jinja
