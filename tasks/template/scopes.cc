#include "tasks/template/scopes.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace e2lm::jinja {
namespace {

using Kind = Statement::Kind;
using Names = std::vector<std::string>;

// The names of one scope: of the whole template, a loop, a `with` or a block that is set.
class Scope {
 public:
  Scope(const Scope* outer, const Names& parameters)
      : outer_(outer), known_(parameters.begin(), parameters.end()) {}

  // Finds the names of this scope, then those of the scopes inside.
  void analyze(Statement::Body& body) {
    visit(body, false);
    for (Statement& statement : body) enter(statement);
    if (unset_.empty()) return;
    const size_t at = body.front().at;
    body.insert(body.begin(), {.kind = Kind::unset, .at = at, .names = std::move(unset_)});
  }

 private:
  bool knows(std::string_view name) const {
    return known_.contains(name) || (outer_ != nullptr && outer_->knows(name));
  }

  // What is set in a branch only is, before that, what it is outside.
  void visit(const Statement::Body& body, bool in_branch) {
    for (const Statement& s : body) {
      const bool reads_first_only = s.kind == Kind::loop;  // its condition is a scope of its own
      for (size_t i = 0; i < (reads_first_only ? 1 : s.expressions.size()); ++i) {
        read(s.expressions[i]);
      }
      if (s.kind == Kind::choose) {
        for (const Statement::Body& branch : s.bodies) visit(branch, true);
      } else if (s.kind == Kind::set || s.kind == Kind::set_block) {
        for (const std::string& name : s.names) write(name, in_branch);
      }
    }
  }

  void read(const Expression& e) {
    const bool names = e.kind == Expression::Kind::name || e.kind == Expression::Kind::call_global;
    if (names && !knows(e.text)) known_.insert(e.text);
    for (const Expression& operand : e.operands) read(operand);
  }

  void write(const std::string& name, bool in_branch) {
    if (!knows(name) && !in_branch) unset_.push_back(name);
    known_.insert(name);
  }

  void enter(Statement& s) const {
    for (size_t i = 0; i < s.bodies.size(); ++i) {
      if (s.kind == Kind::choose) {
        for (Statement& inner : s.bodies[i]) enter(inner);
        continue;
      }
      Names parameters = i == 0 && s.kind != Kind::set_block ? s.names : Names();
      if (i == 0 && s.kind == Kind::loop) parameters.emplace_back("loop");
      Scope(this, parameters).analyze(s.bodies[i]);
    }
  }

  const Scope* outer_;
  std::set<std::string, std::less<>> known_;
  Names unset_;
};

}  // namespace

void mark_unset_names(Statement::Body& root) {
  Scope(nullptr, {}).analyze(root);
}

}  // namespace e2lm::jinja
