#pragma once

namespace e2lm {

// From now on the first SIGINT (Ctrl-C), SIGTERM (a batch system, a shutdown) or SIGHUP (the
// terminal is gone) only sets a flag and says so, so that work can end at the next whole block; a
// second one ends the program at once. Signals that whoever started the program had it ignore
// (nohup) stay ignored.
void catch_interrupts();

bool interrupted();

}  // namespace e2lm
