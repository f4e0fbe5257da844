#include "agent/server/settings/settings_round.h"

#include <utility>

#include "agent/server/settings/write_server_files.h"

namespace tamada::agent {

namespace {

std::string former_names(const ServerLook& look, const std::optional<ServerFiles>& written) {
  if (written && written->synchronous_names) return *written->synchronous_names;
  return look.status ? look.status->synchronous_standby_names : std::string();
}

std::optional<ServerRole::Kept> kept_upstream(const ServerLook& look,
                                              const std::optional<ServerFiles>& written) {
  if (written) return ServerRole::Kept{written->primary_conninfo, written->primary_slot_name};
  if (!look.status) return std::nullopt;
  return ServerRole::Kept{look.status->primary_conninfo, look.status->primary_slot_name};
}

}  // namespace

std::optional<RoundPlan> plan_round(const SettingsWish& wish, const ServerLook& look,
                                    const std::optional<ServerFiles>& written) {
  RoundPlan plan{wish.setup, {}, wish.wanted, former_names(look, written), false};
  switch (look.view.kind) {
    case ha::ServerKind::primary:
      return plan;
    case ha::ServerKind::standby:
      plan.role.is_standby = true;
      plan.role.upstream = wish.upstream;
      if (!wish.upstream.is_set() && !wish.wanted.receiver_off) {
        plan.role.kept = kept_upstream(look, written);
        if (!plan.role.kept) return std::nullopt;
      }
      return plan;
    case ha::ServerKind::starting:
      // It may need its new leader's log before it takes connections. Nothing else is worth a change now.
      if (!wish.upstream.is_set() || wish.wanted.receiver_off) return std::nullopt;
      plan.role.is_standby = true;
      plan.role.upstream = wish.upstream;
      plan.only_with_signal = true;
      return plan;
    default:
      return std::nullopt;
  }
}

std::string differing_setting(const RoundPlan& plan, const ServerFiles& written, const ServerStatus& status) {
  if (plan.role.is_standby && status.in_recovery) {
    if (status.primary_conninfo != written.primary_conninfo) return "primary_conninfo";
    if (status.primary_slot_name != written.primary_slot_name) return "primary_slot_name";
  }
  // A setting of the user's own may be overruled by the user.
  const bool is_ours = plan.wanted.synchronous_standbys && !plan.wanted.keeps_synchronous;
  if (is_ours && status.synchronous_standby_names != written.synchronous_names.value_or(""))
    return "synchronous_standby_names";
  return {};
}

RoundOutcome write_round(const RoundPlan& plan, const std::stop_token& stop) {
  RoundOutcome outcome;
  if (plan.only_with_signal) {
    const auto signal = ConfigFiles(config_places(*plan.setup)).signal();
    if (!signal) {
      outcome.changed = tl::make_unexpected(signal.error());
      return outcome;
    }
    outcome.is_skipped = *signal != ConfigFiles::Signal::standby;
    if (outcome.is_skipped) return outcome;
  }
  outcome.files = server_files(*plan.setup, plan.role, plan.wanted, std::nullopt, plan.former_synchronous);
  outcome.changed = write_server_files(*plan.setup, outcome.files, stop);
  return outcome;
}

}  // namespace tamada::agent
