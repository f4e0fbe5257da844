// AgentLog: the agent's log in Patroni's form (Patroni's contract 6.1, 6.2):
//
//   2026-11-29 15:49:01,123 INFO: no action. I am (pg1), the leader with the lock
//
// or JSON, one object a line, where `log.type` asks for it; level, format, dateformat, static_fields, files with their sizes and
// counts, as LogSettings say. Lines are handed to a writer thread: the caller never blocks; when the place stalls lines are
// lost and counted, and the next line that comes through tells how many (WARNING). Secrets never come here.
//
// `traceback_level` and `loggers` are without effect: there are neither tracebacks nor Python's modules. Of `max_queue_size`
// no more than `most_waiting` counts.
//
// Any thread may write and configure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "agent/config/log_settings.h"
#include "agent/log/severity.h"
#include "common/base/result.h"

namespace tamada::agent {

class AgentLog {
 public:
  static constexpr std::size_t most_waiting = 1024;

  // To standard error until configured. Throws std::system_error when there is no thread to be had.
  explicit AgentLog(int fd = 2);
  ~AgentLog();  // writes out what waits, at most for a second
  AgentLog(const AgentLog&) = delete;
  AgentLog& operator=(const AgentLog&) = delete;

  // An error (a folder that cannot be written in): the former place stays, everything else is as the settings say. Opens
  // the file, also one that is open already (somebody may have moved it away): not for the HA loop's thread.
  Result<void> configure(const LogSettings& settings);
  void write(Severity severity, std::string_view words);
  // The line that each cycle ends with: with deduplicate_heartbeat_logs only where it differs from the one before.
  void heartbeat(std::string_view words);

  // Lines that wait for the writer thread, and those that never came to their place so far.
  [[nodiscard]] std::uint64_t waiting() const;
  [[nodiscard]] std::uint64_t lost() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tamada::agent
