// What a server says between a client's StartupMessage and the first ReadyForQuery, in a session without
// encryption, seen by somebody who only passes it on.
//
// StartupReplyScanner is fed the server's bytes as they come, cut anywhere, and picks out what a router
// needs: is the client authenticated, the cancel key, is start-up finished, or the error it ended with. It
// keeps a few words; a buffer exists only while a BackendKeyData (at most 260 bytes) or an ErrorResponse (cut
// at `error_kept`) is arriving, and until it is taken.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "common/postgres/error_response.h"
#include "common/postgres/startup_packet.h"

namespace tamada::postgres {

// The one byte that answers SSLRequest or GSSENCRequest.
enum class EncryptionAnswer {
  tls,      // 'S': the TLS handshake follows
  gss,      // 'G': GSSAPI encryption follows
  refused,  // 'N': go on in plain text
  error,    // 'E': an ErrorResponse, often in the old form, follows from this byte on
  garbage,  // not a PostgreSQL server
};
[[nodiscard]] EncryptionAnswer classify_encryption_answer(std::byte answer);

class StartupReplyScanner {
 public:
  enum class State {
    waiting,   // nothing decided yet; bytes may be passed on as far as the scanner is concerned
    in_error,  // an ErrorResponse has begun and is not complete: whoever wants to retry keeps its bytes back
    error,     // finished: error() tells it
    ready,     // finished: ReadyForQuery was seen
    garbage,   // finished: not what a PostgreSQL server sends here; problem() says why
  };

  static constexpr std::size_t error_kept = 2048;
  // A start-up message longer than this is garbage.
  static constexpr std::size_t message_max = 1 << 20;

  // Looks at the next bytes of the stream and returns how many of them belong to start-up: all of them,
  // unless it finished within them. Once finished, nothing is looked at and the answer is 0.
  std::size_t feed(Bytes bytes);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool finished() const { return state_ >= State::error; }
  // AuthenticationOk was seen. Stays so after a later error: such an error is the client's to see.
  [[nodiscard]] bool authenticated() const { return authenticated_; }
  // An authentication message of any kind was seen: the server takes sessions. (57P03, "starting up", comes
  // before the first one; an answer to SSLRequest comes before either and says nothing.)
  [[nodiscard]] bool takes_sessions() const { return takes_sessions_; }
  // Whole authentication requests that want an answer of the client (password, MD5, SASL, GSSAPI, ...), so
  // far.
  [[nodiscard]] std::uint32_t questions() const { return questions_; }
  // A byte was fed that is not part of an error that came first: the server has begun to talk with this
  // client.
  [[nodiscard]] bool server_talked() const { return server_talked_; }
  // NegotiateProtocolVersion was seen.
  [[nodiscard]] bool version_negotiated() const { return version_negotiated_; }

  // BackendKeyData, once; nullopt if none came (yet) or it was taken before. A server sends at most one; of
  // several the last counts.
  [[nodiscard]] std::optional<CancelRequest> take_key();

  // Only in State::error. A message longer than error_kept is cut.
  [[nodiscard]] const ErrorResponse& error() const;
  // Only in State::garbage: what was found and what was expected.
  [[nodiscard]] const std::string& problem() const;

 private:
  enum class Part : std::uint8_t { header, skip, collect, old_error };

  std::size_t take_header(Bytes bytes);
  std::size_t take_body(Bytes bytes);
  std::size_t take_old_error(Bytes bytes);
  void begin_message(std::byte type);
  void begin_body();
  void begin_error(std::uint32_t length);
  void end_message();
  void fail(std::string problem);
  void finish_error(ErrorResponse error);

  struct Found;  // the parts that need memory
  struct FoundDeleter {
    void operator()(Found* found) const noexcept;
  };
  Found& found();

  State state_ = State::waiting;
  Part part_ = Part::header;
  bool authenticated_ = false;
  bool takes_sessions_ = false;
  bool server_talked_ = false;
  bool version_negotiated_ = false;
  std::uint8_t header_size_ = 0;
  std::uint32_t questions_ = 0;
  std::array<std::byte, 9> header_{};  // type, length, and of an authentication request its code
  std::uint32_t body_left_ = 0;
  std::unique_ptr<Found, FoundDeleter> found_;
};

}  // namespace tamada::postgres
