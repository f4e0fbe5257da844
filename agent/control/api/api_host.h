// ApiHost: what lives on the API's loop: the server, its way to the HA loop, its resolver; and the steps of a configuration:
// the name that it listens on is looked up, then certificates, access and addresses change at once, or nothing does.
//
// Made before the API's loop runs or on its thread; used and destroyed on its thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/api/api_server.h"
#include "agent/config/restapi_config.h"
#include "agent/control/api/crossing_backend.h"
#include "common/loop/resolver.h"

namespace tamada::agent {

class ApiHost {
 public:
  // Where it listens, with the ports that the kernel chose.
  using Configured = std::function<void(const Result<std::vector<Address>>&)>;

  ApiHost(loop::Loop& loop, loop::LoopPoster there, loop::WeakHandle<BackendThere> backend,
          const ApiLimits& limits, const loop::Resolver::Options& resolver);
  ApiHost(const ApiHost&) = delete;
  ApiHost& operator=(const ApiHost&) = delete;

  // `done` once, perhaps from inside the call; a call that comes while a name is looked up ends the former one with an error.
  void configure(const RestApiConfig& config, Configured done);
  void publish(SnapshotPtr snapshot) { server_.publish(std::move(snapshot)); }

 private:
  void on_found(const loop::Resolver::Answer& answer);
  void use(const std::vector<std::vector<Address>>& choices);
  [[nodiscard]] Result<void> listen(const std::vector<std::vector<Address>>& choices);
  void finish(const Result<void>& result);

  loop::Resolver resolver_;
  CrossingBackend backend_;
  ApiServer server_;

  std::optional<RestApiConfig> in_force_;
  // What is being configured.
  RestApiConfig next_;
  Configured done_;
  loop::Lookup lookup_;
};

}  // namespace tamada::agent
