// The member key's value.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

#include "agent/api/answers/status_json.h"
#include "agent/control/views/node_views.h"
#include "agent/control/views/server_facts.h"
#include "common/patroni/member_tags.h"

namespace tamada::agent {
namespace {

// What Patroni's members branch on.
constexpr const char* patroni_version = "4.1.4";
constexpr const char* agent_version = "tamada-agent " TAMADA_VERSION;

// As a part of a URL.
std::string encoded(const std::string& text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string made;
  for (const char letter : text) {
    const bool is_plain = plain.find(letter) != std::string_view::npos;
    made += is_plain ? std::string(1, letter) : fmt::format("%{:02X}", static_cast<unsigned char>(letter));
  }
  return made;
}

void add_addresses(const ServerSetup& setup, patroni::MemberValue& value) {
  const PostgresConfig& postgres = setup.config.postgres;
  const auto url = [&](const HostPort& place) {
    return fmt::format("postgres://{}/{}", place.to_string(), encoded(setup.postgres.database));
  };
  value.conn_url = url(postgres.connect_address);
  if (postgres.proxy_address) value.proxy_url = url(*postgres.proxy_address);
  const RestApiConfig& api = setup.config.restapi;
  value.api_url = fmt::format("{}://{}/patroni", api.scheme(), api.connect_address.to_string());
}

// Only of a server that answers, and while nothing is done to it that would make them old at once.
bool has_positions(const ControlState& state) {
  return patroni::may_answer_sql(server_state_of(state)) &&
         (state.action == ha::ActionKind::none || state.action == ha::ActionKind::promote);
}

void add_positions(const ControlState& state, const ServerFacts& facts, patroni::MemberValue& value) {
  const ServerStatus& status = *state.look.status;
  value.xlog_location = position_of(status);
  value.timeline = facts.timeline;
  if (!status.in_recovery) return;
  value.replay_lsn = status.replayed;
  value.receive_lsn = status.received;
  value.replication_state = word_of(facts.replication_state);
}

}  // namespace

patroni::MemberValue member_value(const ControlState& state, TimePoint now) {
  patroni::MemberValue value;
  if (state.setup) {
    add_addresses(*state.setup, value);
    value.tags = effective_tags_of(state);
  }
  const bool is_looked_at = state.look.view.kind != ha::ServerKind::unknown || state.action_state ||
                            state.action != ha::ActionKind::none;
  value.state = is_looked_at ? patroni::word_of(server_state_of(state)) : "unknown";
  value.role = patroni::name_of(node_role_of(state));
  value.version = patroni_version;
  value.agent = agent_version;
  value.checkpoint_missing = state.checkpoint_missing && state.ha.holds_lock;
  value.pending_restart = !state.pending_restart.empty();
  value.pending_restart_reasons = state.pending_restart;
  const auto facts = server_facts(state, now);
  if (facts && has_positions(state)) add_positions(state, *facts, value);
  value.scheduled_restart = state.scheduled_restart;
  value.pause = state.dynamic.pause;
  value.has_left = state.has_left;
  return value;
}

}  // namespace tamada::agent
