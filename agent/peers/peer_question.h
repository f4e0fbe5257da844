// PeerQuestion: one member, asked once how it is: its REST API first; where that says nothing usable, or nothing for a second,
// its PostgreSQL as well, which can only add that it is a primary. A usable status that comes late still counts.
//
// The callback runs once, at the latest 2 s after the start, never from inside the constructor; the question may be destroyed
// in it. Loop thread only; everything in PeerAccess must outlive it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/peers/peer_names.h"
#include "agent/peers/peer_probe.h"
#include "agent/peers/peer_status.h"
#include "agent/server/server_setup.h"
#include "agent/server/upstream.h"
#include "common/http/client_request.h"
#include "common/http/url.h"
#include "common/loop/lifetime.h"
#include "common/loop/timer.h"

namespace tamada::agent {

// How members are asked, at the moment of the question.
struct PeerAccess {
  loop::Loop& loop;
  PeerNames& names;
  postgres::ConnectionThreads& threads;
  ServerSetupPtr setup;
  std::shared_ptr<http::TlsContext> tls;
  std::string system_identifier;  // empty: not known
};

class PeerQuestion {
 public:
  using Then = std::function<void(const std::optional<PeerReport>& report)>;

  static constexpr Duration limit = 2s;             // for all
  static constexpr Duration connect_limit = 150ms;  // of a TCP connection to the REST API
  static constexpr Duration silence = 1s;           // then PostgreSQL is asked as well

  PeerQuestion(PeerAccess access, Upstream peer, Then then);
  PeerQuestion(const PeerQuestion&) = delete;
  PeerQuestion& operator=(const PeerQuestion&) = delete;

 private:
  void begin();
  void ask_next_address();
  void on_rest(const http::Outcome<http::Response>& answer);
  void rest_is_over();
  void look_for_primary();
  void start_probe(const std::vector<Address>& addresses);
  void on_probe(bool is_primary, const std::string& system_identifier);
  // The last deed: `this` may be gone afterwards.
  void finish(const std::optional<PeerReport>& report);
  [[nodiscard]] Duration left() const;

  const PeerAccess access_;
  const Upstream peer_;
  Then then_;
  const TimePoint over_at_;
  loop::Timer deadline_;
  loop::Timer silence_;

  std::optional<http::Url> url_;
  std::vector<Address> addresses_;  // those of the REST API that were not tried yet, the next one last
  std::unique_ptr<PeerNames::Question> api_name_;
  std::unique_ptr<http::ClientRequest> rest_;
  bool is_rest_over_ = false;
  bool is_stranger_ = false;  // somebody else answered at its api_url

  bool is_probing_ = false;
  bool is_probe_over_ = false;
  std::unique_ptr<PeerNames::Question> server_name_;
  std::unique_ptr<PeerProbe> probe_;

  loop::WeakHandles<PeerQuestion> handles_{*this};
};

}  // namespace tamada::agent
