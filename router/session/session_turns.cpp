// Whose turn it is in the start-up of a session, and what that limits: the client's own time, the start-up
// slot, the connections of an address.
#include <algorithm>
#include <utility>

#include "common/loop/clock.h"
#include "router/session/session_startup.h"

namespace tamada::router {

bool Session::enter_address() {
  const AddressLimits& limits = settings().address_limits;
  if (!limits.is_set()) return true;
  client_ = starting_->machine.client();
  const AddressLimiter::Entry entry =
      callbacks_.addresses().enter(settings().id, settings().name, client_, limits);
  address_place_ = entry.place;
  if (entry.place == AddressLimiter::Place::starting) return true;
  listener_.counters->address_limited.add();
  if (entry.place == AddressLimiter::Place::refused) {
    starting_->client_left = std::min(starting_->client_left, refused_patience);
    refuse({"53300", entry.message, entry.hint}, EndReason::address_limit);
  } else {
    relay_.close();
    end(EndReason::address_limit, entry.message);
  }
  return false;
}

void Session::move_address(AddressLimiter::Place to) {
  const AddressLimiter::Place from = std::exchange(address_place_, to);
  if (from == AddressLimiter::Place::none) {
    address_place_ = from;
  } else {
    callbacks_.addresses().move(listener_.settings->id, client_, from, to);
  }
}

// Whose turn it is: the client's own time runs or stands still, and the start-up slot is given back or taken.
void Session::take_turn(bool client_owes) {
  const TimePoint now = loop::boot_now();
  if (client_owes != (starting_->owes_since != TimePoint{})) set_owing(client_owes ? now : TimePoint{});
  const bool timed = client_owes && !(starting_->passing && starting_->bursts > tls_handshake_bursts);
  if (timed != (starting_->timed_since != TimePoint{})) {
    if (!timed) starting_->client_left -= now - starting_->timed_since;
    starting_->timed_since = timed ? now : TimePoint{};
  }
  set_starting_deadline();
  if (!admitted_ || phase_ != Phase::startup || starting_->has_slot != client_owes) return;
  starting_->has_slot = !client_owes;
  if (client_owes) {
    callbacks_.expire_at(
        callbacks_.dispatcher().client_owes(id_, starting_->machine.server_takes_sessions()));
  } else {
    callbacks_.dispatcher().server_owes(id_);
  }
}

void Session::set_owing(TimePoint since) {
  callbacks_.change_owing(*this, starting_->owes_since, since);
  starting_->owes_since = since;
}

void Session::set_starting_deadline() {
  TimePoint due = starting_->guess_at;
  if (starting_->timed_since != TimePoint{}) {
    const TimePoint patience_ends = starting_->timed_since + starting_->client_left;
    due = due == TimePoint{} ? patience_ends : std::min(due, patience_ends);
  }
  set_deadline(due);
}

bool Session::has_begun_behind_tls() const {
  if (starting_->bursts >= tls_bursts) return true;
  const bool guesses = starting_->guess_at != TimePoint{} && loop::boot_now() < starting_->guess_at;
  return !guesses && starting_->bursts > tls_handshake_bursts && starting_->burst_bytes >= tls_ready_least;
}

void Session::on_starting_deadline() {
  if (starting_->guess_at != TimePoint{} && loop::boot_now() >= starting_->guess_at) {
    if (has_begun_behind_tls()) return finish_starting(loop::boot_now());
    // From here on the client owes, whoever spoke last: nobody can see whether what it sends is a whole
    // anything.
    starting_->guess_at = {};
    return take_turn(true);
  }
  if (callbacks_.is_draining() && phase_ == Phase::first_packet) return end_now(EndReason::draining);
  if (!starting_->passing) return carry_out(starting_->machine.give_up());
  listener_.counters->bad_starts.add();
  relay_.cut(linger_timeout);
  end(EndReason::startup_timeout);
}

void Session::make_room() {
  // It may have answered while this was on its way.
  if (ended_ || !starting_ || starting_->owes_since == TimePoint{}) return;
  listener_.counters->bad_starts.add();
  client_ = starting_->machine.client();
  relay_.drop_server();
  relay_.close();  // without lingering: its descriptor is what somebody else needs
  end(EndReason::made_room);
}

// Behind TLS whoever did not speak last owes.
void Session::on_noted(Side from, std::size_t bytes) {
  if (from == Side::client) {
    starting_->client_spoke = true;
    if (starting_->guess_at != TimePoint{}) take_turn(false);
    return;
  }
  if (std::exchange(starting_->client_spoke, false)) {
    ++starting_->bursts;
    starting_->burst_bytes = 0;
  }
  starting_->burst_bytes += bytes;
  if (has_begun_behind_tls()) return finish_starting(loop::boot_now());
  take_turn(true);
}

}  // namespace tamada::router
