// Fact: one thing that changed, for the log, the history and the record of a fail-over.
//
// Code branches on the kind and on what the table in fact.cpp says of it; names and sentences are for people.
// A name never changes its meaning: it stands in logs, in files and in the API.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tamada::router {

enum class FactKind : std::uint8_t {
  leader_confirmed,
  leader_unconfirmed,
  leader_lost,
  leader_waiting,
  leader_key,
  leader_in_pause,
  node_role,
  node_silent,
  node_unanswered,
  node_back,
  node_failed,
  node_vouched,
  node_hint,
  node_refused,
  node_accepted,
  node_replaced,
  node_name,
  node_connects,
  node_no_connection,
  node_stream,
  node_lag,
  node_admin,
  node_removed,
  node_gone,
  claim_conflict,
  claim_vetoed,
  cluster_learned,
  cluster_adopted,
  cluster_dispute,
  cluster_paused,
  cluster_resumed,
  switchover_announced,
  switchover_called_off,
  etcd_heard,
  etcd_silent,
  config_applied,
  config_refused,
  router_stalled,
  router_stop,
};

// What kinds mean to the record of a fail-over (failover_log.h).
enum class FailoverUse : std::uint8_t {
  none,       // no part of it
  step,       // a step, left out where a record has too many
  milestone,  // a step that is always kept
};

// When a fact is a sign of trouble with the leader.
enum class SignWhen : std::uint8_t { never, about_leader, about_another, always };

struct FactTraits {
  FactKind kind;
  std::string_view name;  // "leader.confirmed"
  FailoverUse use = FailoverUse::none;
  SignWhen sign = SignWhen::never;
};

[[nodiscard]] const FactTraits& traits_of(FactKind kind);
[[nodiscard]] std::string_view name_of(FactKind kind);
// Also the names that earlier versions wrote into files. Not set: no kind has this name.
[[nodiscard]] std::optional<FactKind> fact_kind_of(std::string_view name);
[[nodiscard]] std::span<const FactTraits> all_fact_kinds();

struct Fact {
  FactKind kind = FactKind::leader_confirmed;
  std::string node;         // display name, or empty
  std::string words;        // what and why: "pg-b says primary, running, timeline 8; pg-a said no"
  bool warning = false;     // an operator may want to look
  std::string reason = {};  // the part of `words` that says why, where a record wants only that; else empty
};

}  // namespace tamada::router
