// Identifiers that outlive the things they name. A number is given once in the life of the process and never
// again, so a late message finds its object or nothing, never another object.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace tamada::router {

template <class Tag>
struct Id {
  std::uint32_t value = 0;  // 0: none
  auto operator<=>(const Id&) const = default;
  [[nodiscard]] bool is_set() const { return value != 0; }
};

// A configured (or discovered) place to ask: one REST address with its PostgreSQL port. It keeps its id
// across configuration changes as long as it keeps its name; who answers there is learned (ClusterView).
using NodeId = Id<struct NodeTag>;

// A listener; keeps its id across configuration changes as long as it keeps its name.
using ListenerId = Id<struct ListenerTag>;

// A client connection: the worker that owns it and a number of that worker's.
struct SessionId {
  std::uint32_t worker = 0;
  std::uint64_t number = 0;
  auto operator<=>(const SessionId&) const = default;
};

// Counts published routing tables, from 1.
using Generation = std::uint64_t;

}  // namespace tamada::router

template <class Tag>
struct std::hash<tamada::router::Id<Tag>> {
  std::size_t operator()(const tamada::router::Id<Tag>& id) const noexcept {
    return std::hash<std::uint32_t>{}(id.value);
  }
};

template <>
struct std::hash<tamada::router::SessionId> {
  std::size_t operator()(const tamada::router::SessionId& id) const noexcept {
    return std::hash<std::uint64_t>{}((static_cast<std::uint64_t>(id.worker) << 48) ^ id.number);
  }
};
