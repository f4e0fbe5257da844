#include "tests/simulation/world/server_model.h"

#include <utility>

#include "tests/simulation/world/world.h"

namespace tamada::simulation {
namespace {

using ha::ActionKind;
using ha::ActionResult;
using ha::ControlState;
using ha::DataState;
using ha::ServerKind;

constexpr Duration keepalive = 1s;       // between a standby's confirmations
constexpr Duration sender_timeout = 3s;  // until a walsender is gone that confirms nothing

}  // namespace

ServerModel::ServerModel(World& world, std::string name, Random random)
    : world_(world), name_(std::move(name)), random_(random) {}

void ServerModel::after(Duration delay, std::function<void()> work) {
  world_.scheduler().after(delay, [this, life = life_, work = std::move(work)] {
    if (life != life_) return;
    if (is_frozen_) {
      frozen_work_.push_back([this, life, work] {
        if (life == life_) work();
      });
      return;
    }
    work();
  });
}

void ServerModel::became(ServerKind kind) {
  kind_ = kind;
  world_.server_changed(name_);
}

bool ServerModel::takes_writes() const {
  return kind_ == ServerKind::primary && !is_frozen_ && !is_closed_;
}

ha::ServerView ServerModel::look() {
  ha::ServerView view;
  view.as_of = world_.scheduler().now();
  view.data = data_;
  view.kind = kind_;
  if (kind_ != ServerKind::stopped && (hangs_ || is_frozen_)) view.kind = ServerKind::hung;
  if (data_ == DataState::present) {
    view.system_id = system_id_;
    view.timeline = wal_.timeline;
  }
  view.postmaster = kind_ == ServerKind::stopped ? 0 : postmaster_;
  switch (view.kind) {
    case ServerKind::stopped:
      if (is_data_hidden_) {
        view.data = DataState::unknown;
        view.system_id.clear();
        view.timeline = 0;
        break;
      }
      view.control = control_;
      view.has_standby_signal = has_signal_;
      view.checkpoint = data_ == DataState::present ? flushed_ : 0;
      break;
    case ServerKind::standby:
      view.received = flushed_;
      view.replayed = flushed_;
      view.follows = upstream_;
      view.is_receiving = !streams_from_.empty();
      view.is_receiver_gone = is_receiver_off_ && streams_from_.empty();
      if (world_.mistakes().votes_too_early) view.is_receiver_gone = wanted_.receiver_off.has_value();
      break;
    case ServerKind::primary:
      view.written = flushed_;
      view.is_stalled = is_stalled_;
      view.synchronous_names = sync_names_;
      for (const auto& [name, standby] : standbys_) {
        if (standby.heard + sender_timeout < view.as_of) continue;
        const bool is_sync = std::find(sync_names_.begin(), sync_names_.end(), name) != sync_names_.end();
        view.senders.push_back({name, true, is_sync, standby.confirmed});
      }
      break;
    default:
      break;
  }
  return view;
}

// ---- clients

void ServerModel::write(std::uint64_t row, std::function<void()> done) {
  if (!takes_writes()) return;
  commits_.push_back({wal_.append(row), row, std::move(done)});
  after(random_.between(200us, 2ms), [this] { flush(); });
}

void ServerModel::flush() {
  if (is_stalled_) return;
  flushed_ = wal_.end();
  acknowledge();
  pump();
}

void ServerModel::pump() {
  for (ServerModel* other : world_.servers()) {
    if (other->streams_from_ == name_) other->arm_receive(world_.links().delay());
  }
}

void ServerModel::acknowledge() {
  if (kind_ != ServerKind::primary) return;
  const auto is_safe = [this](Lsn position) {
    if (position > flushed_) return false;
    if (wanted_.wait_for_nobody && sync_names_.empty()) return false;
    return std::all_of(sync_names_.begin(), sync_names_.end(), [&](const std::string& name) {
      const auto found = standbys_.find(name);
      return found != standbys_.end() && found->second.confirmed >= position;
    });
  };
  while (!commits_.empty() && is_safe(commits_.front().position)) {
    const Commit commit = std::move(commits_.front());
    commits_.erase(commits_.begin());
    world_.acknowledged(*this, commit.row);
    commit.done();
  }
}

// ---- streaming

ServerModel* ServerModel::reachable(const std::string& other) const {
  ServerModel* server = world_.server(other);
  if (server == nullptr || server == this || server->is_frozen_ || server->kind_ == ServerKind::stopped)
    return nullptr;
  if (world_.links().is_cut(name_, other) || world_.links().is_cut(other, name_)) return nullptr;
  return server;
}

void ServerModel::stop_streaming() {
  streams_from_.clear();
  world_.scheduler().cancel(receive_);
}

void ServerModel::arm_receive(Duration delay) {
  world_.scheduler().cancel(receive_);
  receive_ = world_.scheduler().after(delay, [this, life = life_] {
    if (life != life_) return;
    if (is_frozen_) {
      frozen_work_.push_back([this] { arm_receive(0us); });
      return;
    }
    receive();
  });
}

void ServerModel::receive() {
  if (kind_ != ServerKind::standby || is_receiver_off_ || upstream_.empty()) return stop_streaming();
  ServerModel* up = reachable(upstream_);
  const bool serves = up != nullptr && !up->hangs_ &&
                      (up->kind_ == ServerKind::primary || up->kind_ == ServerKind::standby ||
                       (up->kind_ == ServerKind::stopping && streams_from_ == upstream_));
  // Nobody ends the connection to a machine that stands still, before a time-out that is longer than a lock lasts.
  if (!serves && streams_from_ == upstream_ && world_.keeps_stream_from(upstream_)) return arm_receive(500ms);
  if (!serves) {
    if (up == nullptr || up->kind_ == ServerKind::stopped) streams_from_.clear();
    return arm_receive(500ms);
  }
  // Where its own timeline has been left earlier than this node is, or it has less, nothing can be streamed.
  const bool fits = up->wal_.end_of(wal_.timeline) >= wal_.end() && up->flushed_ >= wal_.end();
  if (!fits) {
    streams_from_.clear();
    return arm_receive(1s);
  }
  const bool is_new = streams_from_ != upstream_ || streams_life_ != up->life_;
  streams_from_ = upstream_;
  streams_life_ = up->life_;
  for (auto next = std::upper_bound(up->wal_.records.begin(), up->wal_.records.end(), wal_.end(),
                                    [](Lsn position, const WalRecord&one) { return position < one.end; });
       next != up->wal_.records.end() && next->end <= up->flushed_; ++next) {
    wal_.records.push_back(*next);
  }
  wal_.timeline = up->wal_.timeline;
  wal_.history = up->wal_.history;
  flushed_ = wal_.end();
  if (is_new) world_.server_changed(name_);
  if (!world_.links().loses(name_, up->name_)) {
    up->after(world_.links().delay(),
              [up, name = name_, position = flushed_] { up->confirm(name, position); });
  }
  pump();
  arm_receive(keepalive);
}

void ServerModel::confirm(const std::string& standby, Lsn position) {
  Standby& known = standbys_[standby];
  const bool is_new = known.heard + sender_timeout < world_.scheduler().now();
  known.confirmed = position;
  known.heard = world_.scheduler().now();
  if (is_new) world_.server_changed(name_);
  acknowledge();
}

// ---- settings

void ServerModel::want(const ha::WantedSettings& wanted) {
  if (wanted == wanted_) return;
  wanted_ = wanted;
  if (kind_ != ServerKind::stopped) after(random_.between(5ms, 100ms), [this] { apply_settings(); });
}

void ServerModel::apply_settings() {
  is_closed_ = wanted_.is_closed;
  const std::vector<std::string> names = wanted_.synchronous_standbys.value_or(std::vector<std::string>{});
  if (kind_ == ServerKind::primary && names != sync_names_ && !wanted_.keeps_synchronous) {
    sync_names_ = names;
    acknowledge();
    world_.server_changed(name_);
  }
  if (kind_ != ServerKind::standby) return;
  if (wanted_.receiver_off) {
    if (!is_receiver_off_) {
      // The setting, then the process, which takes a moment to end.
      const Duration most = world_.mistakes().votes_too_early ? Duration(5s) : Duration(50ms);
      after(random_.between(Duration(1ms), most), [this] {
        if (!wanted_.receiver_off) return;
        is_receiver_off_ = true;
        stop_streaming();
        world_.server_changed(name_);
      });
    }
    return;
  }
  is_receiver_off_ = false;
  if (upstream_ != wanted_.follow) {
    upstream_ = wanted_.follow;
    streams_from_.clear();
  }
  if (!upstream_.empty() && streams_from_.empty()) arm_receive(random_.between(5ms, 50ms));
}

// ---- the ends

void ServerModel::ended(ControlState control) {
  ++life_;
  control_ = control;
  wal_.cut(flushed_);
  commits_.clear();
  standbys_.clear();
  frozen_work_.clear();
  stop_streaming();
  is_receiver_off_ = false;
  hangs_ = false;
  became(ServerKind::stopped);
  const ActionKind kind = action_.kind;
  if (kind == ActionKind::start_primary || kind == ActionKind::start_standby || kind == ActionKind::promote) {
    finish(ActionResult::Outcome::failed, "the server has ended");
  } else if (kind == ActionKind::stop_fast) {
    finish(ActionResult::Outcome::done);
  }
}

void ServerModel::end_all() {
  if (kind_ == ServerKind::stopped) return;
  const bool writes = kind_ == ServerKind::primary || (kind_ == ServerKind::stopping && !has_signal_);
  if (kind_ == ServerKind::starting && !has_signal_) return ended(ControlState::in_crash_recovery);
  ended(writes ? ControlState::in_production : ControlState::in_archive_recovery);
}

void ServerModel::crash() {
  end_all();
}

void ServerModel::freeze(bool is_frozen) {
  if (is_frozen_ == is_frozen) return;
  is_frozen_ = is_frozen;
  if (is_frozen) return;
  std::vector<std::function<void()>> work = std::move(frozen_work_);
  frozen_work_.clear();
  // What stood still goes on in a moment, beside everything else of the machine.
  for (auto& one : work) after(random_.between(0us, 2ms), std::move(one));
}

void ServerModel::stall(bool is_stalled) {
  is_stalled_ = is_stalled;
  if (!is_stalled && kind_ == ServerKind::primary) flush();
}

void ServerModel::hang(bool hangs) {
  hangs_ = hangs && kind_ != ServerKind::stopped;
}

void ServerModel::break_control_file() {
  end_all();
  if (data_ == DataState::present) data_ = DataState::broken;
}

void ServerModel::empty_data() {
  end_all();
  data_ = DataState::absent;
  wal_ = {};
  flushed_ = 0;
  has_signal_ = false;
}

}  // namespace tamada::simulation
