// AddressLimiter: how many connections each client's address (client_network.h) has on each listener, and
// whether one more may come. One for all workers.
//
// A connection counts from its accept on, or from its PROXY header where one is expected: until then it is
// the load balancer's. It takes one place, and tells of each change (move()). Connections that came while the
// listener had no limit are not counted. One that is refused takes a place of its own kind until it has been
// told so, and of those there are few: more are refused without a word.
//
// Any thread. The lock is taken when a connection comes, has started, and ends, and only where there is a
// limit.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/base/address.h"
#include "router/balance/client_network.h"
#include "router/balance/ids.h"

namespace tamada::router {

struct AddressLimits {
  std::uint32_t connections = 0;  // of one address; 0: no limit
  std::uint32_t starting = 0;     // of those, that have not finished their start-up
  [[nodiscard]] bool is_set() const { return connections != 0 || starting != 0; }
  bool operator==(const AddressLimits&) const = default;
};

class AddressLimiter {
 public:
  // Of one address on one listener that wait to be told that they are refused.
  static constexpr std::uint32_t told_at_a_time = 16;

  enum class Place : std::uint8_t { none, starting, running, refused };

  struct Entry {
    Place place =
        Place::none;  // starting; refused; or none: refused, and there is no place to be told either
    // Refused only: by which limit, and how many there are. A sentence for the client, and what it may do.
    std::string message;
    std::string hint;
  };
  // `limits` are set; `listener_name` is for the message.
  [[nodiscard]] Entry enter(ListenerId listener, const std::string& listener_name, const Address& client,
                            const AddressLimits& limits);
  // The same client's connection goes on; Place::none: it is gone.
  void move(ListenerId listener, const Address& client, Place from, Place to);

  // Addresses that have a place now.
  [[nodiscard]] std::size_t size() const;

 private:
  struct Key {
    ListenerId listener;
    ClientNetwork network;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept { return key.network.hash() ^ key.listener.value; }
  };
  struct Counts {
    std::uint32_t starting = 0;
    std::uint32_t running = 0;
    std::uint32_t refused = 0;
    [[nodiscard]] std::uint32_t* of(Place place);
    [[nodiscard]] bool is_empty() const { return starting == 0 && running == 0 && refused == 0; }
  };

  mutable std::mutex mutex_;
  std::unordered_map<Key, Counts, KeyHash> counts_;  // protected by mutex_; no entry is empty
};

}  // namespace tamada::router
