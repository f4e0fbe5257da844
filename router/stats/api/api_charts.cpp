// 15 minutes of each listener, and the newest point of them.
#include "router/stats/api/api_json.h"
#include "router/stats/api/json_values.h"

namespace tamada::router {
namespace {

using api::Json;

Json new_per_s(const ChartPoint& point) {
  return api::rounded(point.new_per_s, 100);
}
Json bytes(double per_s) {
  return static_cast<std::int64_t>(std::round(per_s));
}

Json series_json(const std::vector<ChartPoint>& points) {
  Json sessions = Json::array();
  Json waiting = Json::array();
  Json fresh = Json::array();
  Json up = Json::array();
  Json down = Json::array();
  for (const ChartPoint& point : points) {
    sessions.push_back(point.sessions);
    waiting.push_back(point.waiting);
    fresh.push_back(new_per_s(point));
    up.push_back(bytes(point.up_per_s));
    down.push_back(bytes(point.down_per_s));
  }
  return {{"sessions", std::move(sessions)},
          {"waiting", std::move(waiting)},
          {"new_per_s", std::move(fresh)},
          {"up_per_s", std::move(up)},
          {"down_per_s", std::move(down)}};
}

}  // namespace

std::string charts_json(const Charts& charts) {
  Json listeners = Json::object();
  for (const ListenerChart& chart : charts.listeners) listeners[chart.name] = series_json(chart.points);
  return api::text_of(
      {{"step_ms", to_ms(chart_step)}, {"end_at", api::at(charts.end)}, {"listeners", std::move(listeners)}});
}

std::string chart_event_json(const Charts& charts) {
  Json points = Json::object();
  for (const ListenerChart& chart : charts.listeners) {
    if (chart.points.empty()) continue;
    const ChartPoint& newest = chart.points.back();
    points[chart.name] = Json::array({newest.sessions, newest.waiting, new_per_s(newest),
                                      bytes(newest.up_per_s), bytes(newest.down_per_s)});
  }
  return api::text_of({{"at", api::at(charts.end)}, {"points", std::move(points)}});
}

}  // namespace tamada::router
