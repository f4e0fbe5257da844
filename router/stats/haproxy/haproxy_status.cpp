#include "router/stats/haproxy/haproxy_status.h"

#include <algorithm>

#include "common/base/clean_text.h"

namespace tamada::router {
namespace {

bool answered(const CheckStats& check) {
  return check.status == "L7OK" || check.status == "L7OKC" || check.status == "L7STS";
}

// Whether a node of this role is what the listener is for. A tag is not a role: who carries it is not known
// here, so nobody counts as wanted.
bool wants(Target target, const NodeView& node) {
  using patroni::NodeRole;
  const bool leads = node.role_kind == NodeRole::primary;
  const bool follows = node.role_kind == NodeRole::replica;
  switch (target) {
    case Target::leader:
      return leads;
    case Target::replica:
      return follows;
    case Target::any:
      return leads || follows;
    case Target::sync:
      return follows && node.is_sync;
    case Target::async:
      return follows && !node.is_sync;
    case Target::standby_leader:
      return node.role_kind == NodeRole::standby_leader;
    case Target::tag:
      return false;
  }
  return false;
}

// Nothing is wrong with the node, it just has another role. Everything else that is not eligible stays DOWN,
// whatever was chosen for standbys.
bool is_healthy_other(const ListenerStats& listener, const NodeStats& node) {
  const std::string_view state = node.view.state;
  if (listener.has_reserves) return false;  // for which entry it should stand is not known here
  return answered(node.check) &&
         (state == "running" || state == "streaming" || state == "in archive recovery") &&
         !wants(listener.to, node.view);
}

std::string_view known_check(std::string_view status) {
  for (const CheckWord& word : check_words) {
    if (word.status == status) return word.status;
  }
  return "UNK";
}

std::string_view meaning_of(std::string_view status) {
  for (const CheckWord& word : check_words) {
    if (word.status == status) return word.meaning;
  }
  return "Unknown";
}

void set_check(ServerStanding& standing, std::string_view status, std::optional<std::uint32_t> code,
               std::string_view words) {
  standing.check_status = known_check(status);
  standing.check_desc = meaning_of(standing.check_status);
  standing.check_code = code;
  standing.last_check = plain_text(words);
}

std::optional<std::uint32_t> code_of(const CheckStats& check) {
  if (!check.code || *check.code < 0) return std::nullopt;
  return static_cast<std::uint32_t>(*check.code);
}

}  // namespace

std::string_view name_of(ServerStatus status) {
  switch (status) {
    case ServerStatus::down:
      return "DOWN";
    case ServerStatus::up:
      return "UP";
    case ServerStatus::maint:
      return "MAINT";
    case ServerStatus::drain:
      return "DRAIN";
  }
  return "DOWN";
}

ServerStanding standing_of(const ListenerStats& listener, const RouteStats& route, const NodeStats& node,
                           StandbyStatus standby) {
  const CheckStats& check = node.check;
  ServerStanding standing;
  // A node that was taken out of the configuration is gone for HAProxy; here its last sessions run on.
  if (node.view.leaving || route.admin == AdminState::maintenance || node.admin == AdminState::maintenance) {
    standing.status = ServerStatus::maint;
    return standing;
  }
  const bool by_hand = route.admin == AdminState::drain || node.admin == AdminState::drain;
  const std::uint32_t full = check_rise + std::max(check.fall, 1U) - 1;
  const bool is_up = route.eligible || route.spare;  // a backup server is UP also while it is not needed
  if (is_up || route.drains) {
    standing.status = is_up ? ServerStatus::up : ServerStatus::drain;
    standing.health = full - std::min(check.silences, full - check_rise);
    if (!answered(check)) {
      set_check(standing, check.status, code_of(check), check.words);  // lost once or twice: still in use
    } else if (is_up || by_hand) {
      set_check(standing, "L7OK", 200, "");
    } else {
      set_check(standing, "L7OKC", 200, route.why_not);  // fit, but asked to be spared: lag, noloadbalance
    }
    return standing;
  }
  if (!answered(check)) {
    set_check(standing, check.status, code_of(check), check.words);
    return standing;
  }
  // It answers, and nobody could connect: what HAProxy finds where it checks the port of PostgreSQL.
  if (route.no_connection && node.view.no_connection) {
    const NoConnectionView& found = *node.view.no_connection;
    set_check(standing, found.how == Silence::timeout ? "L4TOUT" : "L4CON", std::nullopt, found.words);
    return standing;
  }
  // It answers, and this listener would be told no.
  const std::optional<std::uint32_t> told = code_of(check);
  set_check(standing, "L7STS", check.status == "L7STS" && told ? *told : 503, route.why_not);
  if (standby != StandbyStatus::down && is_healthy_other(listener, node)) {
    if (standby == StandbyStatus::maint) {
      standing = ServerStanding{};
      standing.status = ServerStatus::maint;
    } else {
      standing.status = ServerStatus::drain;
    }
  }
  return standing;
}

}  // namespace tamada::router
