#pragma once

#include "tasks/template/syntax.h"

namespace e2lm::jinja {

// Adds to each scope of a template what jinja2 decides before rendering: a name that the scope
// sets, and has not read before, is undefined until then, even if the document has it. It shows
// only in the scopes inside, as in {% for i in xs %}{{ y }}{% endfor %}{% set y = 1 %}, which does
// not print the document's y. Such scopes begin with a statement `unset` afterwards.
void mark_unset_names(Statement::Body& root);

}  // namespace e2lm::jinja
