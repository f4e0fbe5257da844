#include "router/api/runtime/runtime_listener.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "router/api/runtime/socket_owner.h"

namespace tamada::router {

RuntimeListener::RuntimeListener(loop::Loop& loop, RuntimeCallbacks& host, StatsSocket place)
    : loop_(loop), host_(host), place_(std::move(place)), unix_(loop, *this), tcp_(loop, *this) {}

Result<void> RuntimeListener::open(loop::InheritedSockets* inherited) {
  Result<void> opened;
  loop::InheritedSocket given;
  bool is_given = false;
  if (!place_.path.empty()) {
    const auto owner = find_owner(place_);
    if (!owner) return tl::make_unexpected(owner.error());
    if (inherited != nullptr) given = inherited->take(place_.path);
    is_given = given.fd.is_open();
    opened = is_given ? unix_.adopt(std::move(given.fd), place_.path)
                      : unix_.bind(place_.path, place_.mode, *owner);
  } else {
    const auto address = Address::from_ip(place_.address.host, place_.address.port);
    if (!address) return tl::make_unexpected(address.error());
    if (inherited != nullptr) given = inherited->take(*address, false);
    opened = given.fd.is_open() ? tcp_.adopt(std::move(given.fd)) : tcp_.bind(*address);
  }
  foreign_ = given.foreign;
  adopted_ = is_given;
  pause();
  return opened;
}

void RuntimeListener::start(const StatsSocket& place) {
  if (unix_.is_open() && !foreign_) {
    unix_.own_file();
    // Who takes over finds the file as the other process left it.
    if (std::exchange(adopted_, false) || !same_rights(place, place_)) give_rights(place);
  }
  place_ = place;
  if (clients_.size() < clients_max) resume();
}

// Best effort: somebody may have taken the file away. Who is not named any more gives the file back to us.
void RuntimeListener::give_rights(const StatsSocket& place) {
  const auto owner = find_owner(place);
  if (!owner) return;
  static_cast<void>(
      unix_.set_rights(place.mode, {owner->uid.value_or(::geteuid()), owner->gid.value_or(::getegid())}));
}

void RuntimeListener::pause() {
  unix_.stop();
  tcp_.stop();
}

void RuntimeListener::resume() {
  unix_.resume();
  tcp_.resume();
}

void RuntimeListener::on_accept(UniqueFd socket, const Address& peer) {
  std::string from = peer.to_string();
  if (const auto who = loop::unix_peer(socket.get())) {
    from = fmt::format("{} (uid {}, pid {})", place_.path, who->uid, who->pid);
  }
  const std::uint64_t number = ++last_number_;
  clients_.emplace(
      number, std::make_unique<RuntimeClient>(loop_, host_, std::move(socket), place_.level, std::move(from),
                                              [this, number] { drop(number); }));
  if (clients_.size() == clients_max) pause();
}

// Its callback may still be running: it goes at the end of the turn.
void RuntimeListener::drop(std::uint64_t number) {
  const auto found = clients_.find(number);
  if (found == clients_.end()) return;
  loop_.defer([client = std::move(found->second)] {});
  clients_.erase(found);
  if (clients_.size() == clients_max - 1) resume();
}

}  // namespace tamada::router
