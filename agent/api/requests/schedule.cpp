#include "agent/api/requests/schedule.h"

#include <fmt/format.h>

namespace tamada::agent {

OrAnswer<Timestamp> parse_schedule(const JsonBody& value, std::string_view action, WallTime now) {
  const auto timestamp =
      value.is_string() ? parse_timestamp(value.get_ref<const std::string&>()) : std::nullopt;
  if (!timestamp) {
    return refuse(text_answer(
        422, "Unable to parse scheduled timestamp. It should be in an unambiguous format, e.g. ISO 8601"));
  }
  if (!timestamp->offset) {
    return refuse(
        text_answer(400, fmt::format("Timezone information is mandatory for the scheduled {}", action)));
  }
  if (timestamp->at < now)
    return refuse(text_answer(422, fmt::format("Cannot schedule {} in the past", action)));
  return *timestamp;
}

}  // namespace tamada::agent
