// ServerConnections: the clients of one Server, by number. Responders find theirs here, or nobody. Internal
// to the server.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "common/http/server_connection.h"

namespace tamada::http {

class ServerConnections : public std::enable_shared_from_this<ServerConnections> {
 public:
  ServerConnections(loop::Loop& loop, const ServerOptions& options, Server::Handler handler);
  ~ServerConnections();
  ServerConnections(const ServerConnections&) = delete;
  ServerConnections& operator=(const ServerConnections&) = delete;

  void reconfigure(const ServerOptions& options) { options_ = options; }
  void accept(UniqueFd socket, const Address& peer);
  [[nodiscard]] ServerConnection* find(std::uint64_t id) const;
  // The connection has closed; its memory goes at the end of the turn.
  void retire(std::uint64_t id);
  [[nodiscard]] std::size_t size() const { return open_.size(); }
  // Makes room: closes the one that has been idle for longest; if none is idle, the one whose request has
  // been on its way for longest, if that is a while. False if all are being answered.
  bool make_room();

  // An answer that no handler gives: a line of text.
  [[nodiscard]] Response own_answer(int status, std::string_view words) const;

  [[nodiscard]] loop::Loop& loop() const { return loop_; }
  [[nodiscard]] const ServerOptions& options() const { return options_; }
  [[nodiscard]] const Server::Handler& handler() const { return handler_; }
  [[nodiscard]] ServerCounters& counters() { return *counters_; }

 private:
  void turn_away(UniqueFd socket, const Address& peer);

  loop::Loop& loop_;
  ServerOptions options_;
  const Server::Handler handler_;
  std::map<std::uint64_t, std::unique_ptr<ServerConnection>> open_;
  std::vector<std::unique_ptr<ServerConnection>> retired_;
  std::uint64_t last_id_ = 0;
  const std::shared_ptr<ServerCounters> counters_;
};

}  // namespace tamada::http
