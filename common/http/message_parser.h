// MessageParser: what RequestParser and ResponseParser share: llhttp, the limits, and how a message fails.
// Bytes in, a message or a fault out; no sockets, no clock. Not copyable, not movable (llhttp points at it).
#pragma once

#include <llhttp.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/http/header.h"
#include "common/http/header_guard.h"

namespace tamada::http {

struct MessageLimits {
  std::size_t max_header = std::size_t{64} * 1024;  // start line and headers, in bytes as sent
  std::size_t max_body = std::size_t{1024} * 1024;  // bytes of the body held at a time
  std::size_t max_fields = 200;                     // headers; each costs memory beyond its bytes
};

enum class Progress {
  need_more,
  complete,  // one whole message; bytes behind it were not consumed
  failed,    // fault() and fault_words() say why; the parser takes nothing more
};

enum class Fault {
  none,
  malformed,
  header_too_large,
  body_too_large,
  unknown_method,
  unsupported_version,
  truncated,  // the peer ended the connection inside the message
};

class MessageParser {
 public:
  MessageParser(const MessageParser&) = delete;
  MessageParser& operator=(const MessageParser&) = delete;

  // Consumes bytes up to the end of the message and returns how many. What is left belongs to the next one.
  std::size_t feed(std::string_view bytes);
  [[nodiscard]] Progress progress() const { return progress_; }
  [[nodiscard]] Fault fault() const { return fault_; }
  // In plain words, without the peer's bytes beyond what is printable.
  [[nodiscard]] const std::string& fault_words() const { return fault_words_; }
  // The head is complete (and valid), the body may still come.
  [[nodiscard]] bool head_complete() const { return head_complete_; }
  // A byte of this message has come.
  [[nodiscard]] bool begun() const { return guard_.begun(); }

 protected:
  MessageParser(llhttp_type_t type, const MessageLimits& limits);
  virtual ~MessageParser() = default;

  // Ready for the next message.
  void restart();
  void fail(Fault fault, std::string words);

  // Called when the head is complete. Returns whether a body may follow; may call fail().
  virtual bool on_head() = 0;

  llhttp_t llhttp_{};
  Headers headers_;
  std::string target_;
  std::string reason_;
  std::string body_;
  std::size_t body_received_ = 0;  // whole length so far, also of what was taken away meanwhile
  Progress progress_ = Progress::need_more;
  bool streaming_ = false;  // the body is taken away while it comes: its whole length has no limit
  bool skip_ = false;       // this message is only interim: the next one is meant

 private:
  struct Callbacks;
  friend struct Callbacks;

  std::size_t execute(std::string_view bytes);
  void scan_fault(HeaderGuard::Verdict verdict);
  void llhttp_fault(llhttp_errno_t error, std::size_t position);

  llhttp_type_t type_;
  MessageLimits limits_;
  HeaderGuard guard_;
  std::string start_;         // the first bytes, to tell what garbage it was
  std::size_t head_fed_ = 0;  // bytes of the head that llhttp has had before this piece
  std::string field_name_;
  std::string field_value_;
  std::size_t trailing_bytes_ = 0;  // chunk extensions and trailers: skipped, but not without end
  bool head_complete_ = false;
  Fault fault_ = Fault::none;
  std::string fault_words_;
};

}  // namespace tamada::http
