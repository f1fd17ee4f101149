#pragma once

namespace e2lm {

// From now on the first SIGINT or SIGTERM only sets a flag, so that work can end at the next whole
// block; a second one ends the program at once.
void catch_interrupts();

bool interrupted();

}  // namespace e2lm
