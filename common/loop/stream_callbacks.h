// StreamCallbacks: what a byte stream (TcpStream, and TLS over it) tells its user. Every callback comes on
// the loop's thread, from the loop and never from inside a verb that the user calls. The stream may be closed
// or destroyed in each of them. Callbacks must not throw.
#pragma once

#include <cstddef>
#include <span>

#include "common/base/result.h"

namespace tamada::loop {

class StreamCallbacks {
 public:
  // The answer to connect(), exactly once unless the stream is closed before. With an error the stream is
  // closed already (no on_closed follows) and connect() may be called again. Adopted streams never call it.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): an override may keep it
  virtual void on_connected(Result<void> result) { static_cast<void>(result); }

  // Never empty. The bytes lie in the loop's shared buffer: valid only during the call.
  virtual void on_bytes(std::span<const std::byte> bytes) = 0;

  // TcpStream::pass_to(): so many bytes went from this stream to the other without coming by here.
  virtual void on_passed(std::size_t bytes) { static_cast<void>(bytes); }

  // The peer's FIN: it sends nothing more, and may still read. At most once; no on_bytes after it.
  virtual void on_end() = 0;

  // The queue has become empty after having held something.
  virtual void on_drained() {}

  // The stream has closed on you (reset, broken network): at most once, nothing comes after it, and never
  // after your own close(), reset(), finish() or release(). What the peer sent before, was delivered before
  // if it was being read.
  virtual void on_closed(const Error& why) = 0;

 protected:
  ~StreamCallbacks() = default;
};

}  // namespace tamada::loop
