#include "agent/api/answers/read_answers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/api/answers/cluster_json.h"
#include "agent/api/answers/json_writer.h"
#include "agent/api/answers/metrics.h"
#include "agent/api/answers/probes.h"
#include "agent/api/answers/status_json.h"

namespace tamada::agent {
namespace {

constexpr std::array<std::pair<std::string_view, ReadPage>, 8> pages{{
    {"patroni", ReadPage::patroni},
    {"cluster", ReadPage::cluster},
    {"history", ReadPage::history},
    {"config", ReadPage::config},
    {"failsafe", ReadPage::failsafe},
    {"metrics", ReadPage::metrics},
    {"liveness", ReadPage::liveness},
    {"readiness", ReadPage::readiness},
}};

Answer cluster_is_unknown() {
  return text_answer(503, "etcd does not answer, so the cluster is not known");
}

Answer config_answer(const ClusterView* cluster) {
  if (cluster == nullptr) return cluster_is_unknown();
  if (!cluster->config) return error_page(502, "the cluster has no configuration in etcd");
  return json_answer(200, cluster->config->text);
}

Answer failsafe_answer(const NodeSnapshot& snapshot) {
  if (!snapshot.failsafe) return error_page(502, "the cluster has no members for the fail-safe mode in etcd");
  JsonWriter json;
  json.open_object();
  for (const auto& [name, url] : *snapshot.failsafe) json.key(name).text(url);
  json.close_object();
  return json_answer(200, json.take());
}

}  // namespace

std::string_view first_part(std::string_view path) {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  return path.substr(0, path.find('/'));
}

ReadPage read_page(std::string_view method, std::string_view path) {
  if (method != "GET") return ReadPage::health_check;
  const std::string_view part = first_part(path);
  const auto* found =
      std::find_if(pages.begin(), pages.end(), [&](const auto& entry) { return entry.first == part; });
  return found == pages.end() ? ReadPage::health_check : found->second;
}

Needs needs_of(ReadPage page, const NodeSnapshot& snapshot, TimePoint request_at, TimePoint now) {
  switch (page) {
    case ReadPage::patroni:
      return wants_new_query(snapshot, request_at, now) ? Needs::new_query : Needs::nothing;
    case ReadPage::cluster:
      return Needs::new_reading;
    case ReadPage::history:
    case ReadPage::config:
      return cluster_at(snapshot, now) == nullptr ? Needs::new_reading : Needs::nothing;
    case ReadPage::health_check:
    case ReadPage::failsafe:
    case ReadPage::metrics:
    case ReadPage::liveness:
    case ReadPage::readiness:
      break;
  }
  return Needs::nothing;
}

Answer read_answer(const ReadRequest& request, const NodeSnapshot& snapshot, TimePoint now,
                   PrimaryMeans means) {
  const ClusterView* cluster = cluster_at(snapshot, now);
  switch (read_page(request.method, request.path)) {
    case ReadPage::patroni:
      return json_answer(200, status_json(node_for_peers(snapshot, request.at, now)));
    case ReadPage::cluster:
      return cluster == nullptr ? cluster_is_unknown() : json_answer(200, cluster_json(snapshot, *cluster));
    case ReadPage::history:
      if (cluster == nullptr) return cluster_is_unknown();
      return json_answer(200, cluster->history.empty() ? "[]" : cluster->history);
    case ReadPage::config:
      return config_answer(cluster);
    case ReadPage::failsafe:
      return failsafe_answer(snapshot);
    case ReadPage::metrics:
      return {200, Content::metrics, metrics_text(node_at(snapshot, now))};
    case ReadPage::liveness:
      return status_line(liveness_status(node_at(snapshot, now), now));
    case ReadPage::readiness:
      return status_line(readiness_status(node_at(snapshot, now), parse_query(request.query)));
    case ReadPage::health_check:
      break;
  }
  const NodeNow node = node_at(snapshot, now);
  const int status = health_status(node, request.path, parse_query(request.query), means);
  return request.method == "GET" ? json_answer(status, status_json(node)) : status_line(status);
}

}  // namespace tamada::agent
