#include "common/log/log_sink.h"

#include <chrono>

#include "common/log/log_line.h"

namespace tamada {

std::string LogSink::lost_line(std::uint64_t lines) {
  return log_line(format(), std::chrono::system_clock::now(), LogLevel::warn, "log.dropped",
                  {{"lines", lines}, {"why", "standard output did not take them in time"}});
}

}  // namespace tamada
