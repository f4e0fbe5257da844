// refuse_calls: from now on these system calls fail on this thread, and on what it starts, with this errno:
// as under a container engine's filter, or as on an older kernel. It cannot be taken back, so a test does it
// on a thread of its own.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <cstddef>
#include <initializer_list>
#include <thread>
#include <utility>
#include <vector>

namespace tamada {

// seccomp(2); the numbers are of the architecture that the test is built for. False: it may not be done here.
[[nodiscard]] inline bool refuse_calls(std::initializer_list<long> calls, int code) {
  const auto statement = [](int what, std::uint32_t value) {
    return sock_filter{static_cast<std::uint16_t>(what), 0, 0, value};
  };
  std::vector<sock_filter> program = {statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const long call : calls) {
    program.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<std::uint32_t>(call)});
    program.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(code)));
  }
  program.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  sock_fprog filter{static_cast<std::uint16_t>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// Runs `test` on a thread of its own, and waits for it.
template <class Test>
void on_own_thread(Test test) {
  std::thread(std::move(test)).join();
}

}  // namespace tamada
