// The settings: the shared configuration, and the node's own file when it is read again.
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "agent/api/answers/wall_time.h"
#include "agent/config/agent_environment.h"
#include "agent/control/control.h"
#include "agent/control/state/ha_settings_of.h"
#include "agent/ha/store_view_reader.h"
#include "common/loop/clock.h"

namespace tamada::agent {

// Of the shared configuration or the node's own file something is new.
void Control::use_configuration() {
  setup_ = make_server_setup(config_, shared_.document(), shared_.settings(), start_.server_version,
                             start_.known_settings);
  std::vector<std::string> findings;
  for (const auto& finding : shared_.findings()) {
    findings.push_back(fmt::format("the shared configuration, {}: {}", finding.key, finding.message));
  }
  for (const std::string& words : shared_findings_.take(findings)) log_.write(Severity::warning, words);
  const patroni::DynamicSettings& shared = shared_.settings();
  store_.set_times(std::chrono::duration_cast<std::chrono::seconds>(shared.ttl), shared.loop_wait,
                   shared.retry_timeout);
  server_.configure(setup_);
  peers_.configure(setup_);
  dynamic_file_.save();
  if (!decider_) return;
  post(cluster_settings_of(*setup_, shared_.unsupported()));
  post(node_settings_of(config_));
  publish_soon();
}

// A switchover that is scheduled is due when the wall clock says so: the only thing that it decides.
ha::StoreView Control::view_of(const patroni::ClusterKeys& keys, TimePoint heard) {
  ha::StoreView view = ha::store_view_of(keys, heard, store_.store_id());
  const auto& failover = keys.failover();
  if (failover && failover->value.is_scheduled) {
    const auto at = parse_timestamp(failover->value.scheduled_at);
    const auto now = std::chrono::system_clock::now();
    view.failover.is_due = at && now >= at->at;
    // One that was missed is not made up for: nobody expects it any more.
    const bool is_missed =
        !at || now > at->at + shared_.settings().loop_wait + shared_.settings().loop_wait / 2;
    if (is_missed) {
      view.failover.is_due = false;
      if (state_.ha.holds_lock && missed_failover_ != failover->mod_revision) {
        missed_failover_ = failover->mod_revision;
        log_.write(Severity::warning,
                   fmt::format("the switchover that was scheduled for {} is given up: its time has passed",
                               failover->value.scheduled_at));
        store_.write(store_.writes().no_failover(failover->mod_revision));
      }
    }
  }
  return view;
}

void Control::reload_configuration() {
  log_.write(Severity::info, "reloading the configuration");
  const auto loaded = std::make_shared<LoadedAgentConfig>();
  side_.run(
      [loaded, path = start_.config_path, environment = start_.environment] {
        *loaded = read_agent_config(path, environment);
        find_programs(loaded->config);
      },
      [handle = handles_.handle(), loaded] {
        if (Control* self = handle.get()) self->on_file_read(std::move(*loaded));
      });
}

// All of it, or nothing: with an error in it the former settings stay.
void Control::on_file_read(LoadedAgentConfig loaded) {
  std::vector<std::string> warnings;
  for (const auto& warning : loaded.warnings) warnings.push_back(warning.place.to_string());
  for (const std::string& words : file_warnings_.take(warnings)) log_.write(Severity::warning, words);
  if (!loaded.ok()) {
    for (const auto& error : loaded.errors) log_.write(Severity::error, error.to_string());
    return log_.write(Severity::error, "the configuration is not taken; the former one stays in force");
  }
  AgentConfig config = std::move(loaded.config);
  // Who this node is, and where its data and its store are, stays as long as the agent runs.
  const auto keep = [this](auto& now, const auto& before, const char* name) {
    if (now == before) return;
    log_.write(Severity::warning, fmt::format("{} changes only when the agent is started again", name));
    now = before;
  };
  keep(config.name, config_.name, "name");
  keep(config.scope, config_.scope, "scope");
  keep(config.key_prefix, config_.key_prefix, "namespace");
  keep(config.etcd, config_.etcd, "etcd3");
  keep(config.postgres.data_dir, config_.postgres.data_dir, "postgresql.data_dir");
  // It opens files.
  side_.run(
      [&log = log_, settings = config.log] {
        if (const auto used = log.configure(settings); !used) {
          log.write(Severity::error, "log: " + used.error().message + "; the former settings stay");
        }
      },
      [] {});
  if (api_ != nullptr) {
    api_->configure(
        config.restapi, [this, former = config_.restapi](const Result<std::vector<Address>>& used) {
          if (used) return;
          log_.write(Severity::error, "restapi: " + used.error().message + "; the former settings stay");
          config_.restapi = former;
        });
  }
  config_ = std::move(config);
  for (const std::string& words : config_.tags.contradictions()) log_.write(Severity::warning, words);
  use_configuration();
  server_.reload();
}

}  // namespace tamada::agent
