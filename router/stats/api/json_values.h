// How times, spans and absent values look in the JSON of the API; for the api_*.cpp files of this folder
// only.
#pragma once

#include <nlohmann/json.hpp>

#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include "router/stats/stats_snapshot.h"

namespace tamada::router::api {

using Json = nlohmann::ordered_json;

// Bytes that are no UTF-8 become U+FFFD: names come from the network.
inline std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}
inline Json or_null(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(text);
}
inline Json or_null(std::uint32_t number) {  // 0: not known
  return number == 0 ? Json(nullptr) : Json(number);
}

// Milliseconds since 1970.
inline Json at(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}
inline Json at(const std::optional<WallTime>& time) {
  return time ? at(*time) : Json(nullptr);
}
inline Json at(const StatsSnapshot& snapshot, const std::optional<TimePoint>& time) {
  return time ? at(snapshot.wall(*time)) : Json(nullptr);
}
// A time that is not set where it is the epoch.
inline Json at_or_null(const StatsSnapshot& snapshot, TimePoint time) {
  return time == TimePoint{} ? Json(nullptr) : at(snapshot.wall(time));
}

inline Json ms(Duration span) {
  return to_ms(span);
}
inline Json ms(const std::optional<Duration>& span) {
  return span ? ms(*span) : Json(nullptr);
}

// Not 0.30000000000000004.
inline double rounded(double value, double digits) {
  return std::round(value * digits) / digits;
}

}  // namespace tamada::router::api
