#include "common/loop/signal_mask.h"

#include <pthread.h>

namespace tamada::loop {

void block_signals() {
  sigset_t blocked;
  sigfillset(&blocked);
  for (const int own_fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGPROF}) {
    sigdelset(&blocked, own_fault);
  }
  pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
}

void unblock_signals(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

SignalsBlocked::SignalsBlocked() {
  pthread_sigmask(SIG_SETMASK, nullptr, &before_);
  block_signals();
}

SignalsBlocked::~SignalsBlocked() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace tamada::loop
