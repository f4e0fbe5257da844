// SessionStart: the beginning of a client's session, from its first byte until bytes are only passed on.
//
// It reads the client's first packets (common/postgres/startup_packet.h) and nothing beyond, says when a server is
// needed, gives each server the client's unanswered packet, and watches the answer. Until a byte other than
// `N` has reached the client, a server that is lost or that says 57P01 or 57P03 is exchanged for another
// one, unseen. Whoever was told `N` has its StartupMessage sent straight to the next server.
//
// It also says whose turn it is (client_owes()): what a server owes is limited by start-up slots, what a
// client owes by startup_timeout. A client may ask for each kind of encryption once, as PostgreSQL itself has
// it.
//
// Pure: no socket, no clock. The session carries each step out, in this order: `to_client`, `to_server`,
// `next`. After StartNext::end, cancel or relay nothing more may be fed. Deleted once bytes are relayed, so
// that a running session does not carry it.
//
// When it cannot know: what a server says that is not PostgreSQL's goes to the client as it is, and under TLS
// (after `S`, or direct TLS) nothing is read at all: bytes_seen() then ends all retries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/address.h"
#include "common/postgres/message_counter.h"
#include "common/postgres/startup_packet.h"
#include "common/postgres/startup_reply.h"
#include "router/balance/admission.h"
#include "router/balance/session_hint.h"
#include "router/session/rules/session_end.h"

namespace tamada::router {

// Who may come in, and what stands before the first packet. Borrowed: lives longer than the SessionStart.
struct ClientRules {
  std::vector<Network> allow;       // empty: everybody
  std::vector<Network> deny;        // wins over allow
  std::vector<Network> proxy_from;  // their connections must begin with a PROXY header
  bool send_proxy = false;          // PROXY v2 before the first byte to a server

  [[nodiscard]] bool admits(const Address& client) const;
  [[nodiscard]] bool expects_proxy_header(const Address& peer) const;
};

enum class StartNext : std::uint8_t {
  wait_client,  // for the client's next packet
  wait_server,  // for a grant, the connection, the server's answer, or the client's answer to that
  admit,        // ask Admission::request()
  retry,        // drop the server, if it is still there, and ask Admission::retry()
  cancel,       // forward cancel_request(); this is no session
  relay,        // pass bytes on from now on
  end,          // close, after what `to_client` holds; `end` and `why` tell
};

struct StartStep {
  std::string to_client;
  std::string to_server;
  StartNext next = StartNext::wait_client;
  EndReason end = EndReason::bad_start;  // with StartNext::end
  std::string why;                       // with end and retry: a sentence for the log
  RetryCause cause = RetryCause::reset;  // with retry
};

class SessionStart {
 public:
  // `peer`: the connection's own address. `local`: where it came in, for PROXY out; may be not set.
  SessionStart(const ClientRules& rules, const Address& peer, const Address& local);

  // First of all: is the client let in? wait_client or end.
  [[nodiscard]] StartStep begin();

  [[nodiscard]] StartStep client_bytes(Bytes bytes);
  // The connection that followed admit or retry stands.
  [[nodiscard]] StartStep server_connected();
  [[nodiscard]] StartStep server_bytes(Bytes bytes);

  // May the server be exchanged unseen? If so, server_lost() asks for the next one; if not, the session ends
  // with its server.
  [[nodiscard]] bool can_retry() const;
  // Refused, timed out, reset, closed early, or cut by a routing table. Only if can_retry().
  [[nodiscard]] StartStep server_lost(RetryCause cause, std::string why);

  // No server will come: tells the client, in its turn (a client that waits for the answer to SSLRequest gets
  // `N` first). `end` is what the session then ends with.
  [[nodiscard]] StartStep refuse(const Refusal& refusal, EndReason end);

  // The client's own time is over: ends the session, with a sentence where the client can read one.
  [[nodiscard]] StartStep give_up() const;

  // The client as the PROXY header named it, else the peer.
  [[nodiscard]] const Address& client() const { return client_; }
  // No PROXY header is waited for (any more): client() is who it says.
  [[nodiscard]] bool knows_client() const { return !awaits_proxy_header_; }
  [[nodiscard]] bool client_said_something() const { return said_something_; }
  // The client has begun a PROXY header or a first packet and not ended it.
  [[nodiscard]] bool client_broke_off() const { return !received_.empty(); }
  // It is the client's turn: its next packet is missing (a part of one is not there yet), or its answer to an
  // authentication request. Before StartNext::relay only.
  [[nodiscard]] bool client_owes() const;
  // The server has begun to authenticate the client: it is one that takes sessions.
  [[nodiscard]] bool server_takes_sessions() const { return scanner_.takes_sessions(); }
  // After `relay`: start-up is known to be over (ReadyForQuery, or an error to the client). Otherwise it goes
  // on behind TLS and somebody has to guess.
  [[nodiscard]] bool is_started() const { return started_; }
  // The server was seen to authenticate the client. Behind TLS nobody can see it.
  [[nodiscard]] bool is_authenticated() const { return scanner_.authenticated(); }
  // The client began with TLS: with StartNext::relay the server's answer to its ClientHello has come already.
  [[nodiscard]] bool is_direct_tls() const { return request_ == Request::direct_tls; }
  // After `relay`: the server has said no (a wrong password, say), and the client is told.
  [[nodiscard]] bool has_failed() const {
    return scanner_.state() == postgres::StartupReplyScanner::State::error;
  }
  // A refusal waits to be told, or was: no server is wanted any more. Whoever leaves before it could be told
  // (a client that insists on TLS, at the `N`) ends with this all the same.
  struct Refused {
    Refusal refusal;
    EndReason end;
  };
  [[nodiscard]] const Refused* refused() const { return refused_ ? &*refused_ : nullptr; }

  // With StartNext::cancel. A secret.
  [[nodiscard]] const postgres::CancelRequest& cancel_request() const { return cancel_; }
  // What a PROXY-aware server has to be sent first; empty unless rules.send_proxy.
  [[nodiscard]] std::string proxy_header() const;
  // The session's cancel key, once, if the server gave one in plain text.
  [[nodiscard]] std::optional<postgres::CancelRequest> take_key();
  // The server is starting or stopping, and said so before the client was authenticated; once.
  [[nodiscard]] std::optional<SessionHint::Kind> take_hint();

  // From the StartupMessage, cut at `name_max` bytes; empty when encrypted or not there. Foreign bytes.
  static constexpr std::size_t name_max = 63;
  struct Identity {
    std::string user, database, application;
  };
  [[nodiscard]] const Identity& identity() const { return identity_; }

  // What a client may send ahead of the server's answer and still be retried elsewhere; beyond it an
  // unanswered session is given up (encryption request, ClientHello) or bound to its server (StartupMessage).
  static constexpr std::size_t ahead_max = 16 * 1024;

 private:
  enum class Request : std::uint8_t { none, encryption, startup, direct_tls };

  [[nodiscard]] StartStep read_proxy_header();
  [[nodiscard]] StartStep read_packet();
  [[nodiscard]] StartStep take_startup(const postgres::FirstPacket& packet);
  [[nodiscard]] StartStep more_ahead(Bytes bytes);
  [[nodiscard]] StartStep request_server(Request request);
  [[nodiscard]] StartStep encryption_answer(Bytes bytes);
  [[nodiscard]] StartStep startup_answer(Bytes bytes);
  [[nodiscard]] StartStep tell_refusal();
  [[nodiscard]] StartStep bad(std::string to_client, std::string why) const;
  [[nodiscard]] StartStep pass(Bytes bytes, StartNext next);

  const ClientRules& rules_;
  Address client_;
  Address local_;
  bool awaits_proxy_header_ = false;
  bool said_something_ = false;
  bool asked_ = false;       // Admission knows this session
  bool connected_ = false;   // to a server
  bool bytes_seen_ = false;  // a byte other than N went to the client
  bool bound_ = false;       // the client sent too much to be repeated
  bool started_ = false;
  Request request_ = Request::none;
  bool asked_ssl_ = false;  // the client, for encryption; once each
  bool asked_gss_ = false;
  std::string received_;     // from the client, not understood yet
  std::string outstanding_;  // from the client, to be answered by a server: what a retry repeats
  std::string held_back_;    // from the server: an ErrorResponse that may still be retried
  postgres::StartupReplyScanner scanner_;
  postgres::MessageCounter answers_;  // what the client sent after its StartupMessage
  postgres::CancelRequest cancel_;
  Identity identity_;
  std::optional<SessionHint::Kind> hint_;
  std::optional<Refused> refused_;
};

}  // namespace tamada::router
