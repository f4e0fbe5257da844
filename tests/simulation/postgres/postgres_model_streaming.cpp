// Replication: receivers that connect, senders that send, and what either notices of the other's end.
#include <algorithm>
#include <utility>

#include "tests/simulation/postgres/postgres_model.h"

namespace tamada::simulation {
namespace {

constexpr Duration resend = 1s;            // what was lost on a connection that stands
constexpr Duration between_looks = 10s;    // for silence
constexpr Duration reload_noticed = 10ms;  // by a startup process that waits for WAL

}  // namespace

// --- the receiver

void PostgresModel::want_receiver(Duration delay) {
  cluster_.scheduler().cancel(reconnect_);
  const bool may_run = state_ == ServerState::starting || state_ == ServerState::running;
  if (!may_run || role_ != StartRole::standby || promoting_ || upstream_.empty()) return;
  reconnect_ = later(delay, [this] { connect_receiver(); });
}

void PostgresModel::connect_receiver() {
  const bool may_run = state_ == ServerState::starting || state_ == ServerState::running;
  if (!may_run || promoting_ || receiver_.number != 0 || upstream_.empty()) return;
  last_connect_ = now();
  PostgresModel* upstream = cluster_.find(upstream_);
  const auto travel = upstream == nullptr ? std::nullopt : cluster_.travel(name_, upstream_);
  if (frozen_ || !travel || upstream == this) return want_receiver(times_.retry);
  reconnect_ = later(*travel, [this, upstream] {
    if (receiver_.number != 0 || promoting_) return;
    if (upstream->name() != upstream_) return want_receiver(0s);
    if (frozen_ || full_ || !upstream->serves_replicas() || !can_stream_from(*upstream)) {
      return want_receiver(times_.retry);
    }
    receiver_ = {cluster_.next_number(), upstream, now()};
    upstream->add_sender(*this, receiver_.number);
    reply();
    changed();
  });
}

bool PostgresModel::can_stream_from(const PostgresModel& upstream) const {
  if (directory_.system_id != upstream.directory_.system_id) return false;
  if (book().lsn(directory_.written) < upstream.directory_.recycled) return false;
  return book().contains(upstream.directory_.flushed, directory_.written);
}

bool PostgresModel::serves_replicas() const {
  return state_ == ServerState::running && !frozen_ && !frozen_all_;
}

void PostgresModel::receive(std::uint64_t number, WalPoint point) {
  if (receiver_.number != number || defer([=, this] { receive(number, point); })) return;
  if (full_) {
    end_receiver(Parting::told);
    return want_receiver(times_.retry);
  }
  receiver_.heard = now();
  directory_.written = point;
  directory_.newest_timeline = std::max(directory_.newest_timeline, book().timeline(point));
  on_disk(times_.flush, [this, point] {
    if (!in_recovery_ || !book().contains(point, directory_.flushed)) return;
    directory_.flushed = point;
    if (!lying_) directory_.durable = point;
    replay(point);
    reply();
    pump();
  });
}

void PostgresModel::replay(WalPoint point) {
  if (replay_paused_) return;
  const auto apply = [this, point] {
    if (replay_paused_ || !in_recovery_ || !book().contains(point, replayed_)) return;
    replayed_ = point;
    open_standby();
    change_upstream_when_idle();
  };
  if (times_.apply_delay == 0s) return apply();
  later(times_.apply_delay, apply);
}

void PostgresModel::reply() {
  if (receiver_.number == 0 || reply_waits_) return;
  const auto travel = cluster_.travel(name_, receiver_.upstream->name());
  if (!travel) {
    reply_waits_ = true;
    later(resend, [this] {
      reply_waits_ = false;
      reply();
    });
    return;
  }
  cluster_.scheduler().after(
      *travel,
      [upstream = receiver_.upstream, number = receiver_.number, flushed = book().lsn(directory_.flushed),
       replayed = book().lsn(replayed_)] { upstream->on_reply(number, flushed, replayed); });
}

void PostgresModel::end_receiver(Parting parting) {
  cluster_.scheduler().cancel(reconnect_);
  const Receiver ended = std::exchange(receiver_, {});
  if (ended.number == 0) return;
  changed();
  if (parting == Parting::silent) return;
  const auto travel = cluster_.travel(name_, ended.upstream->name());
  if (!travel) return;
  cluster_.scheduler().after(*travel, [ended] { ended.upstream->drop_sender(ended.number); });
}

void PostgresModel::on_upstream_gone(std::uint64_t number) {
  if (receiver_.number != number || defer([=, this] { on_upstream_gone(number); })) return;
  receiver_ = {};
  changed();
  const Duration since = now() - last_connect_;
  want_receiver(since >= times_.retry ? Duration(0s) : times_.retry - since);
}

void PostgresModel::set_upstream(const std::string& name) {
  upstream_ = name;
  if (state_ == ServerState::down) return;
  as_postmaster([this] {
    if (receiver_.number != 0) return change_upstream_when_idle();
    want_receiver(0s);
  });
}

void PostgresModel::change_upstream_when_idle() {
  if (receiver_.number == 0 || receiver_.upstream->name() == upstream_) return;
  if (replay_paused_ || replayed_ != directory_.written) return;
  on_disk(reload_noticed, [this, number = receiver_.number] {
    if (receiver_.number != number || receiver_.upstream->name() == upstream_) return;
    end_receiver(Parting::told);
    want_receiver(0s);
  });
}

void PostgresModel::terminate_receiver() {
  if (receiver_.number == 0) return;
  on_disk(times_.receiver_stops, [this, number = receiver_.number] {
    if (receiver_.number != number) return;
    end_receiver(Parting::told);
    want_receiver(times_.retry);
  });
}

void PostgresModel::pause_replay(bool paused) {
  replay_paused_ = paused;
  if (!paused && in_recovery_ && state_ != ServerState::down) replay(directory_.flushed);
}

// --- the senders

PostgresModel::Sender* PostgresModel::find_sender(std::uint64_t number) {
  const auto found =
      std::find_if(senders_.begin(), senders_.end(), [&](const Sender& one) { return one.number == number; });
  return found == senders_.end() ? nullptr : &*found;
}

void PostgresModel::add_sender(PostgresModel& replica, std::uint64_t number) {
  Sender sender;
  sender.number = number;
  sender.replica = &replica;
  sender.sent = replica.directory_.written;
  sender.heard = now();
  senders_.push_back(sender);
  pump(senders_.back());
  changed();
}

void PostgresModel::pump() {
  if (frozen_all_) return;
  for (Sender& one : senders_) pump(one);
}

void PostgresModel::pump(Sender& sender) {
  if (frozen_all_ || sender.in_flight) return;
  if (sender.sent == directory_.flushed) {
    sender.caught_up = true;
    return;
  }
  sender.in_flight = true;
  const std::uint64_t number = sender.number;
  const auto go_on = [this, number] {
    Sender* found = find_sender(number);
    if (found == nullptr) return;
    found->in_flight = false;
    pump(*found);
  };
  const auto travel = cluster_.travel(name_, sender.replica->name());
  if (!travel) {
    later(resend, go_on);
    return;
  }
  sender.sent = directory_.flushed;
  cluster_.scheduler().after(*travel, [replica = sender.replica, number, point = sender.sent, go_on] {
    replica->receive(number, point);
    go_on();
  });
}

void PostgresModel::on_reply(std::uint64_t number, Lsn flushed, Lsn replayed) {
  if (defer([=, this] { on_reply(number, flushed, replayed); })) return;
  Sender* sender = find_sender(number);
  if (sender == nullptr) return;
  sender->heard = now();
  sender->flushed = std::max(sender->flushed, flushed);
  sender->replayed = std::max(sender->replayed, replayed);
  release();
  finish_stop();
}

void PostgresModel::drop_sender(std::uint64_t number) {
  if (defer([=, this] { drop_sender(number); })) return;
  if (std::erase_if(senders_, [&](const Sender& one) { return one.number == number; }) == 0) return;
  release();
  changed();
  finish_stop();
}

void PostgresModel::terminate_sender(const std::string& replica) {
  if (defer([=, this] { terminate_sender(replica); })) return;
  for (const Sender& one : std::vector<Sender>(senders_)) {
    if (one.replica->name() != replica) continue;
    if (const auto travel = cluster_.travel(name_, replica)) {
      cluster_.scheduler().after(*travel, [one] { one.replica->on_upstream_gone(one.number); });
    }
    drop_sender(one.number);
  }
}

void PostgresModel::end_senders(Parting parting) {
  for (const Sender& one : std::exchange(senders_, {})) {
    if (parting == Parting::silent) continue;
    if (const auto travel = cluster_.travel(name_, one.replica->name())) {
      cluster_.scheduler().after(*travel, [one] { one.replica->on_upstream_gone(one.number); });
    }
  }
}

// --- silence: a connection whose other end has gone without a word, or is cut off, is given up

void PostgresModel::watch_silence() {
  later(between_looks, [this] {
    if (receiver_.number != 0) {
      const PostgresModel& upstream = *receiver_.upstream;
      const bool stands = receiver_.upstream->find_sender(receiver_.number) != nullptr;
      if (stands && !upstream.frozen_all_ && cluster_.travel(upstream.name(), name_)) receiver_.heard = now();
      if (now() - receiver_.heard > times_.silence) {
        end_receiver(Parting::told);
        want_receiver(0s);
      }
    }
    for (const Sender& one : std::vector<Sender>(senders_)) {
      const PostgresModel& replica = *one.replica;
      const bool stands = replica.receiver_.number == one.number;
      if (Sender* sender = find_sender(one.number);
          sender != nullptr && stands && !replica.frozen_all_ && cluster_.travel(replica.name(), name_)) {
        sender->heard = now();
      }
      if (const Sender* sender = find_sender(one.number);
          sender != nullptr && now() - sender->heard > times_.silence) {
        drop_sender(one.number);
      }
    }
    watch_silence();
  });
}

}  // namespace tamada::simulation
