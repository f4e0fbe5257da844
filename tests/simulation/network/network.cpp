#include "tests/simulation/network/network.h"

#include <algorithm>

namespace tamada::simulation {
namespace {

// The least that Linux waits before it sends again (TCP_RTO_MIN).
constexpr Duration retransmission = 200ms;

}  // namespace

std::string_view Network::machine_of(std::string_view place) const {
  const auto found = machines_.find(place);
  return found == machines_.end() ? place : std::string_view(found->second);
}

const Network::Link* Network::find(std::string_view from, std::string_view to) const {
  const auto row = links_.find(from);
  if (row == links_.end()) return nullptr;
  const auto found = row->second.find(to);
  return found == row->second.end() ? nullptr : &found->second;
}

bool Network::is_isolated(std::string_view machine) const {
  return std::find(isolated_.begin(), isolated_.end(), machine) != isolated_.end();
}

bool Network::is_open(std::string_view from_place, std::string_view to_place) const {
  const std::string_view from = machine_of(from_place);
  const std::string_view to = machine_of(to_place);
  if (from == to) return true;
  if (is_isolated(from) || is_isolated(to)) return false;
  const Link* found = find(from, to);
  return found == nullptr || !found->is_cut;
}

std::optional<std::pair<Duration, bool>> Network::draw(std::string_view from, std::string_view to) {
  if (!is_open(from, to)) return std::nullopt;
  const std::string_view from_machine = machine_of(from);
  const std::string_view to_machine = machine_of(to);
  if (from_machine == to_machine) return std::pair{Duration(0s), false};
  const Link* found = find(from_machine, to_machine);
  const LinkQuality& quality = found != nullptr && found->quality ? *found->quality : quality_;
  const Duration delay = random_.between(quality.least, quality.most);
  const bool lost = quality.lost_per_mille > 0 && random_.chance(quality.lost_per_mille, 1000);
  return std::pair{delay, lost};
}

std::optional<TimePoint> Network::arrival(TimePoint now, std::string_view from, std::string_view to) {
  const auto drawn = draw(from, to);
  if (!drawn || drawn->second) return std::nullopt;
  return now + drawn->first;
}

std::optional<TimePoint> Network::arrival(TimePoint now, std::string_view from, std::string_view to,
                                          Stream& stream) {
  const auto delay = travel(from, to);
  if (!delay) return std::nullopt;
  stream.last_arrival = std::max(stream.last_arrival, now + *delay);
  return stream.last_arrival;
}

std::optional<Duration> Network::travel(std::string_view from, std::string_view to) {
  const auto drawn = draw(from, to);
  if (!drawn) return std::nullopt;
  return drawn->first + (drawn->second ? retransmission : Duration(0s));
}

Network::Link& Network::link(const std::string& from, const std::string& to) {
  return links_[from][to];
}

void Network::cut(const std::string& from, const std::string& to) {
  link(from, to).is_cut = true;
}

void Network::cut_both(const std::string& one, const std::string& other) {
  cut(one, other);
  cut(other, one);
}

void Network::isolate(const std::string& machine) {
  if (!is_isolated(machine)) isolated_.push_back(machine);
}

void Network::set_quality(const std::string& from, const std::string& to, LinkQuality quality) {
  link(from, to).quality = quality;
}

void Network::heal(const std::string& from, const std::string& to) {
  link(from, to) = {};
}

void Network::rejoin(const std::string& machine) {
  std::erase(isolated_, machine);
}

void Network::heal_all() {
  links_.clear();
  isolated_.clear();
}

}  // namespace tamada::simulation
