// Watch::Machine: the states of a Watch. Internal to this folder; the contract stands in watch.h.
//
//   ranging    a range, whose answer is kept
//   opening    the watch from the next revision on has been asked for
//   standing   it has been created: the range is told, events and heartbeats follow
//   waiting    for the next try
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/base/backoff.h"
#include "common/etcd/fleet.h"
#include "common/etcd/json_splitter.h"
#include "common/etcd/member_call.h"
#include "common/etcd/watch.h"
#include "common/http/stream_request.h"
#include "common/loop/lifetime.h"

namespace tamada::etcd {

class Watch::Machine final : private http::StreamRequest::Callbacks {
 public:
  Machine(Fleet& fleet, std::string key, const WatchOptions& options, WatchCallbacks& callbacks);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void poke();

 private:
  enum class State { ranging, opening, standing, waiting };

  // --- one try
  void begin();
  void ask_range(void (Machine::*then)(const RangeReply&));
  void on_first_range(const RangeReply& reply);
  void open_stream();
  void on_created();
  void fail(const Error& why);

  // --- while it stands
  void heartbeat();
  void on_heartbeat(const RangeReply& reply);
  void on_message(const WatchMessage& message);

  void on_stream_head(const http::Response& head) override;
  void on_stream_bytes(std::string_view bytes) override;
  void on_stream_end(http::Outcome<void> outcome) override;

  // Tells the difference between what was told and the range. False if this object was destroyed meanwhile.
  bool tell_range(const RangeReply& reply);
  bool tell(const KeyValue& kv, bool deleted, std::int64_t revision, TimePoint as_of);
  bool tell_all(std::int64_t revision);
  bool tell_fresh(TimePoint as_of);
  // A heartbeat has seen, at revision `seen_at`, a change that the stream has to tell as well: of `from` or
  // later.
  void note_owed(std::int64_t from, std::int64_t seen_at);

  void forget_login();
  [[nodiscard]] Member& member() { return *member_; }

  Fleet& fleet_;
  const std::string key_;
  const WatchOptions options_;
  WatchCallbacks& callbacks_;
  loop::Lifetime lifetime_;

  State state_ = State::waiting;
  std::size_t index_;         // the place of the member of this try, when it began
  Member* member_ = nullptr;  // that member: the fleet keeps it
  std::size_t failures_ = 0;  // in a row, without a heartbeat answered in between
  bool silence_told_ = false;
  Backoff backoff_;
  loop::Timer timer_;  // waiting: the next try; opening: its limit; standing: the next heartbeat
  std::optional<MemberCall> range_;
  std::optional<http::StreamRequest> stream_;
  JsonSplitter splitter_;
  std::string refusal_;  // the body of a stream's answer that is no 200
  int stream_status_ = 0;
  RangeReply first_;  // until the watch has been created

  // What was told. It survives failures: only differences are told afterwards.
  std::map<std::string, KeyValue> told_;
  bool anything_told_ = false;
  TimePoint as_of_{};

  // Of the watch that stands.
  std::int64_t base_revision_ = 0;     // of its range: it cannot go below
  std::int64_t applied_revision_ = 0;  // everything up to here has been told
  std::int64_t owed_revision_ = 0;     // a heartbeat has seen what the stream has yet to tell, from here on
  int heartbeats_owed_ = 0;            // how many heartbeats ago
  bool heartbeat_again_ = false;       // an event came while one was under way
};

}  // namespace tamada::etcd
