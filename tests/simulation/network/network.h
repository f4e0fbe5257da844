// Network: how long a message takes from one named place to another, and whether it arrives at all.
//
// Places are whatever talks: agents, etcd members, PostgreSQL servers, REST APIs, routers, clients. Those of one machine
// are given one machine's name (place_on), and a cut between machines cuts them all; places of one machine always reach
// each other, at once. A place that was not placed is a machine of its own.
//
//   * Faults are of one way, from a machine to another: cut (nothing arrives; what is under way does), lossy (a message
//     is lost, or on a connection comes a retransmission later), slow (a longer delay). cut_both() does both ways.
//   * Messages of one connection arrive in the order in which they were sent (arrival() of that connection never goes
//     back); those of different connections overtake each other as their delays fall.
//
// All randomness is drawn from the Random that it was given, only for messages that are sent: the same calls give the same
// history. Not for several threads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "tests/simulation/engine/random.h"

namespace tamada::simulation {

struct LinkQuality {
  Duration least = 100us;
  Duration most = 1ms;
  std::uint32_t lost_per_mille = 0;
};

class Network {
 public:
  // One direction of one connection, for the order within it. Its owner keeps it as long as the connection lasts.
  struct Stream {
    TimePoint last_arrival{};
  };

  Network(Random random, LinkQuality quality) : random_(random), quality_(quality) {}

  void place_on(const std::string& place, const std::string& machine) { machines_[place] = machine; }

  // --- messages
  // A datagram, or a request with a connection of its own: when it arrives; nullopt: it is lost.
  [[nodiscard]] std::optional<TimePoint> arrival(TimePoint now, std::string_view from, std::string_view to);
  // On a connection that stands. What is lost comes `retransmission` later; nullopt: the way is cut, and the sender
  // tries again or gives the connection up.
  [[nodiscard]] std::optional<TimePoint> arrival(TimePoint now, std::string_view from, std::string_view to,
                                                 Stream& stream);
  // As a span, for who keeps the order itself.
  [[nodiscard]] std::optional<Duration> travel(std::string_view from, std::string_view to);
  // Whether the way is not cut. Draws nothing.
  [[nodiscard]] bool is_open(std::string_view from, std::string_view to) const;

  // --- faults, between machines
  void cut(const std::string& from, const std::string& to);
  void cut_both(const std::string& one, const std::string& other);
  // From all and to all others, also those that are not known yet.
  void isolate(const std::string& machine);
  void set_quality(const std::string& from, const std::string& to, LinkQuality quality);
  void heal(const std::string& from, const std::string& to);
  // Ends the isolation only; cuts between two machines stay.
  void rejoin(const std::string& machine);
  void heal_all();

 private:
  struct Link {
    bool is_cut = false;
    std::optional<LinkQuality> quality;
  };
  [[nodiscard]] std::string_view machine_of(std::string_view place) const;
  [[nodiscard]] const Link* find(std::string_view from_machine, std::string_view to_machine) const;
  [[nodiscard]] bool is_isolated(std::string_view machine) const;
  Link& link(const std::string& from, const std::string& to);
  // nullopt: cut. Second: lost.
  [[nodiscard]] std::optional<std::pair<Duration, bool>> draw(std::string_view from, std::string_view to);

  Random random_;
  LinkQuality quality_;
  std::map<std::string, std::string, std::less<>> machines_;
  std::map<std::string, std::map<std::string, Link, std::less<>>, std::less<>> links_;
  std::vector<std::string> isolated_;
};

}  // namespace tamada::simulation
