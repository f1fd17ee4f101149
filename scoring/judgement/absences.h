#pragma once

#include <string>
#include <vector>

#include "scoring/judgement/judgement.h"

namespace e2lm {

// A score that a judgement lacks, and why.
struct Absence {
  std::string part;    // signal, ranking or compliance
  std::string reason;  // "the models score the same at the reference"
};

// Why signal, ranking and compliance are absent, in this order; empty if none is.
std::vector<Absence> absences(const Judgement& judgement);

}  // namespace e2lm
