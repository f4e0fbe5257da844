// LingeringSocket: a socket whose user has finished with it: sends what is queued, then FIN, then reads and
// throws away until the peer's FIN, so that the last bytes are not overtaken by a RST. Belongs to the loop.
#pragma once

#include <cstddef>
#include <vector>

#include "common/base/time.h"
#include "common/base/unique_fd.h"
#include "common/loop/fd_watch.h"
#include "common/loop/timer.h"

namespace tamada::loop {

class LingeringSocket final : public LoopOwned, private FdCallbacks {
 public:
  // Bytes [sent, queue.size()) are still to be sent; `read_ended`: the peer's FIN was seen already. Ends at
  // the latest after `deadline`, and 2 s after everything was handed to the kernel.
  static void begin(Loop& loop, UniqueFd socket, std::vector<std::byte> queue, std::size_t sent,
                    bool read_ended, Duration deadline);
  ~LingeringSocket() override;

 private:
  LingeringSocket(Loop& loop, UniqueFd socket, std::vector<std::byte> queue, std::size_t sent,
                  bool read_ended);
  void on_ready(std::uint32_t events) noexcept override;
  // False when there is nothing to wait for any more.
  bool send_on();
  bool read_on();
  void end();

  Loop& loop_;
  UniqueFd socket_;
  FdWatch watch_;
  Timer deadline_;
  Timer fin_wait_;
  std::vector<std::byte> queue_;
  std::size_t sent_;
  bool read_ended_;
  bool fin_sent_ = false;
};

}  // namespace tamada::loop
