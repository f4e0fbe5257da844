#include "common/postgres/message_counter.h"

#include <algorithm>

namespace tamada::postgres {

void MessageCounter::feed(Bytes bytes) {
  while (!bytes.empty()) {
    if (header_have_ < header_size) {
      const std::size_t size = std::min(bytes.size(), header_size - header_have_);
      std::copy_n(bytes.begin(), size, header_.begin() + static_cast<std::ptrdiff_t>(header_have_));
      header_have_ += size;
      bytes = bytes.subspan(size);
      if (header_have_ < header_size) return;
      body_left_ = std::max<std::uint32_t>(read_u32(Bytes(header_).subspan(1)), 4) - 4;
    }
    const std::size_t size = std::min<std::size_t>(bytes.size(), body_left_);
    body_left_ -= static_cast<std::uint32_t>(size);
    bytes = bytes.subspan(size);
    if (body_left_ > 0) return;
    header_have_ = 0;
    ++count_;
  }
}

}  // namespace tamada::postgres
