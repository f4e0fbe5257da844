#include "router/session/address_limiter.h"

#include <fmt/format.h>

namespace tamada::router {

std::uint32_t* AddressLimiter::Counts::of(Place place) {
  switch (place) {
    case Place::none:
      break;
    case Place::starting:
      return &starting;
    case Place::running:
      return &running;
    case Place::refused:
      return &refused;
  }
  return nullptr;
}

AddressLimiter::Entry AddressLimiter::enter(ListenerId listener, const std::string& listener_name,
                                            const Address& client, const AddressLimits& limits) {
  const ClientNetwork network(client);
  Entry entry;
  const std::lock_guard lock(mutex_);
  Counts& counts = counts_[{listener, network}];
  if (limits.connections != 0 && counts.starting + counts.running >= limits.connections) {
    entry.message = fmt::format("{} has reached its limit of connections to listener \"{}\" ({})",
                                network.to_string(), listener_name, limits.connections);
    entry.hint = "close some, or raise max_connections_per_address of the listener";
  } else if (limits.starting != 0 && counts.starting >= limits.starting) {
    entry.message =
        fmt::format("{} has reached its limit of connections to listener \"{}\" that are starting ({})",
                    network.to_string(), listener_name, limits.starting);
    entry.hint = "log in with fewer at a time, or raise max_starting_per_address of the listener";
  } else {
    entry.place = Place::starting;
  }
  if (entry.place == Place::none && counts.refused < told_at_a_time) entry.place = Place::refused;
  if (std::uint32_t* count = counts.of(entry.place)) ++*count;
  return entry;
}

void AddressLimiter::move(ListenerId listener, const Address& client, Place from, Place to) {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find({listener, ClientNetwork(client)});
  if (found == counts_.end()) return;
  if (std::uint32_t* count = found->second.of(from)) --*count;
  if (std::uint32_t* count = found->second.of(to)) ++*count;
  if (found->second.is_empty()) counts_.erase(found);
}

std::size_t AddressLimiter::size() const {
  const std::lock_guard lock(mutex_);
  return counts_.size();
}

}  // namespace tamada::router
