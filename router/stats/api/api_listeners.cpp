// Each listener: what it holds now, at most, and in all.
#include "router/stats/api/api_sections.h"
#include "router/stats/words.h"

namespace tamada::router::api {
namespace {

Json totals_json(const ListenerStats& listener) {
  return {{"accepted", listener.accepted},
          {"denied", listener.denied},
          {"refused", listener.refused},
          {"had_to_wait", listener.had_to_wait},
          {"retried", listener.retried},
          {"cut", listener.cut},
          {"cancels", listener.cancels},
          {"bad_starts", listener.bad_starts},
          {"address_limited", listener.address_limited},
          {"up_bytes", listener.up_bytes},
          {"down_bytes", listener.down_bytes}};
}

Json listener_json(const ListenerStats& listener) {
  return {{"name", listener.name},
          {"id", listener.id.value},
          {"bind", listener.bind},
          {"to", listener.to_words},
          {"balance", name_of(listener.balance)},
          {"configured", listener.configured},
          {"paused", listener.paused},
          {"why_none", listener.why_none},
          {"max_connections", listener.max_connections},
          {"node_max_connections", listener.node_max_connections},
          {"max_held", listener.max_held},
          {"sessions", listener.sessions},
          {"sessions_max", listener.sessions_max},
          {"starting", listener.starting},
          {"held", listener.held},
          {"queued", listener.queued},
          {"waiting_max", listener.waiting_max},
          {"oldest_wait_ms", ms(listener.oldest_wait)},
          {"longest_wait_ms", ms(listener.longest_wait)},
          {"rate", listener.rate},
          {"rate_max", listener.rate_max},
          {"up_rate", listener.up_rate},
          {"down_rate", listener.down_rate},
          {"totals", totals_json(listener)}};
}

}  // namespace

Json listeners_section(const StatsSnapshot& snapshot) {
  Json all = Json::array();
  for (const ListenerStats& listener : snapshot.listeners) all.push_back(listener_json(listener));
  return all;
}

}  // namespace tamada::router::api
