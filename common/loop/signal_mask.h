// Which signals reach this thread. A program's signals belong to one thread, its control loop's; everywhere
// else, and before that loop is there, they are blocked: they wait instead of doing what the system does with
// a signal that nobody expects, which is to end the process.
#pragma once

#include <csignal>
#include <initializer_list>

namespace tamada::loop {

// Blocks every signal in this thread and those it starts, but for those that report a fault of the program
// itself (SIGSEGV and the like) and SIGPROF (profilers). What comes waits until it is let in.
void block_signals();
void unblock_signals(std::initializer_list<int> signals);

// Blocks them all for as long as it lives: around the start of a thread or a process, which inherit the mask.
class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace tamada::loop
