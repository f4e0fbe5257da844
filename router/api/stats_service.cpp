#include "router/api/stats_service.h"

#include "router/api/stats_ports.h"

namespace tamada::router {

StatsService::StatsService(loop::LoopThread& thread, StatsBackend& backend, loop::InheritedSockets* inherited)
    : thread_(thread), backend_(backend) {
  thread_.start();
  thread_.call([&] { ports_ = std::make_unique<StatsPorts>(thread_.loop(), backend, inherited); });
}

StatsService::~StatsService() {
  // In one turn: an answer that comes later finds nobody.
  thread_.call([this] {
    ports_.reset();
    backend_.forget();
  });
}

std::vector<Error> StatsService::prepare(const StatsConfig& config) {
  std::vector<Error> errors;
  thread_.call([&] { errors = ports_->prepare(config); });
  return errors;
}

void StatsService::commit() {
  thread_.call([this] { ports_->commit(); });
}

void StatsService::abandon() {
  thread_.call([this] { ports_->abandon(); });
}

Result<std::vector<StatsPorts::Shared>> StatsService::share() const {
  Result<std::vector<StatsPorts::Shared>> shared;
  thread_.call([&] { shared = ports_->share(); });
  return shared;
}

void StatsService::leave() {
  thread_.call([this] { ports_->leave(); });
}

}  // namespace tamada::router
