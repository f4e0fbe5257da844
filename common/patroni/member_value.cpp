#include "common/patroni/member_value.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

#include "common/base/query_string.h"
#include "common/patroni/loose_fields.h"
#include "common/patroni/patroni_tags.h"

namespace tamada::patroni {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint16_t postgres_port = 5432;

// As old nodes wrote it: their connection URL, with the API's as application_name.
MemberValue read_url_value(std::string_view value, std::string& problem) {
  MemberValue member;
  if (value.size() > json_text_max || has_control_character(value)) {
    problem = fmt::format("found a URL of {} bytes, expected at most {} without control characters",
                          value.size(), json_text_max);
    return member;
  }
  const auto query = value.find('?');
  member.conn_url = value.substr(0, query);
  if (!is_plain_text(member.conn_url, json_text_max) || !parse_conn_url(member.conn_url)) {
    problem = "found a URL that is no address of PostgreSQL";
    member.conn_url.clear();
  }
  if (query == std::string_view::npos) return member;
  const std::string_view rest = value.substr(query + 1);
  const auto fields = parse_query(rest.substr(0, rest.find('#')));
  member.api_url = find_field(fields, "application_name").value_or("");
  if (!is_plain_text(member.api_url, json_text_max)) member.api_url.clear();
  return member;
}

std::optional<ConnAddress> read_conn_kwargs(LooseFields& fields, std::string& problem) {
  const auto json = fields.structure("conn_kwargs", false);
  if (!json) return std::nullopt;
  LooseFields parts(*json, problem);
  ConnAddress address;
  address.host = parts.name("host");
  address.dbname = parts.name("dbname");
  const auto port = parts.number("port");
  if (port && *port >= 1 && *port <= std::numeric_limits<std::uint16_t>::max()) {
    address.port = static_cast<std::uint16_t>(*port);
  } else if (port) {
    parts.note("port", fmt::format("found the number {}, expected 1 to 65535", *port));
  }
  return address;
}

std::vector<PendingRestart> read_reasons(LooseFields& fields, std::string& problem) {
  std::vector<PendingRestart> reasons;
  const auto json = fields.structure("pending_restart_reason", false);
  if (!json) return reasons;
  for (const auto& [parameter, values] : json->items()) {
    if (!values.is_object() || !is_name(parameter)) {
      fields.note("pending_restart_reason", "an entry is no parameter with two values");
      continue;
    }
    LooseFields parts(values, problem);
    const auto shown = [&](const char* key) {
      const Json* one = parts.any(key);
      const bool is_number = one != nullptr && one->is_primitive() && !one->is_string();
      return is_number ? PythonValue::of(*one).text() : parts.text(key);
    };
    reasons.push_back({parameter, shown("old_value"), shown("new_value")});
  }
  return reasons;
}

std::optional<ScheduledRestart> read_restart(LooseFields& fields, std::string& problem) {
  const auto json = fields.structure("scheduled_restart", false);
  if (!json) return std::nullopt;
  LooseFields parts(*json, problem);
  ScheduledRestart restart{parts.name("schedule"), parts.name("postmaster_start_time"), {}};
  for (const auto& [key, value] : json->items()) {
    if (key == "schedule" || key == "postmaster_start_time") continue;
    const bool is_scalar = !value.is_structured();
    const bool is_short = !value.is_string() || is_plain_text(value.get_ref<const std::string&>(), name_max);
    const bool usable = is_name(key) && is_scalar && is_short;
    if (usable) restart.filters.emplace_back(key, PythonValue::of(value));
  }
  return restart;
}

Json address_json(const ConnAddress& address) {
  Json json = Json::object();
  json["host"] = address.host;
  json["port"] = address.port;
  if (!address.dbname.empty()) json["dbname"] = address.dbname;
  return json;
}

void add_positions(Json& json, const MemberValue& value) {
  if (value.xlog_location) json["xlog_location"] = *value.xlog_location;
  if (value.replay_lsn) json["replay_lsn"] = *value.replay_lsn;
  if (value.receive_lsn) json["receive_lsn"] = *value.receive_lsn;
  if (!value.replication_state.empty()) json["replication_state"] = value.replication_state;
  if (value.timeline) json["timeline"] = *value.timeline;
}

void add_restarts(Json& json, const MemberValue& value) {
  if (value.pending_restart) json["pending_restart"] = true;
  if (value.pending_restart_reasons.empty()) return;
  Json reasons = Json::object();
  for (const PendingRestart& one : value.pending_restart_reasons) {
    reasons[one.parameter] = {{"old_value", one.old_value}, {"new_value", one.new_value}};
  }
  json["pending_restart_reason"] = std::move(reasons);
}

Json restart_json(const ScheduledRestart& restart) {
  Json json = Json::object();
  for (const auto& [key, filter] : restart.filters) json[key] = filter.to_json();
  json["schedule"] = restart.schedule;
  json["postmaster_start_time"] = restart.postmaster_start_time;
  return json;
}

}  // namespace

std::optional<ConnAddress> MemberValue::address() const {
  if (!conn_url.empty()) return parse_conn_url(conn_url);
  return conn_kwargs && !conn_kwargs->host.empty() ? conn_kwargs : std::nullopt;
}

std::optional<std::vector<std::uint32_t>> MemberValue::version_numbers() const {
  std::vector<std::uint32_t> numbers;
  const char* at = version.data();
  const char* const end = at + version.size();
  while (true) {
    std::uint32_t number = 0;
    const auto [stop, error] = std::from_chars(at, end, number);
    if (error != std::errc{}) return std::nullopt;
    numbers.push_back(number);
    if (stop == end) return numbers;
    if (*stop != '.') return std::nullopt;
    at = stop + 1;
  }
}

std::optional<ConnAddress> parse_conn_url(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos || url.rfind("postgres", 0) != 0) return std::nullopt;
  std::string_view rest = url.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("?#"));
  const auto slash = rest.find('/');
  std::string_view place = rest.substr(0, slash);
  if (const auto at = place.rfind('@'); at != std::string_view::npos) place.remove_prefix(at + 1);
  const auto parsed = HostPort::parse(place, postgres_port);
  if (!parsed || parsed->host.size() > name_max) return std::nullopt;
  ConnAddress address{parsed->host, parsed->port, {}};
  if (slash != std::string_view::npos) address.dbname = rest.substr(slash + 1);
  if (address.host.empty() || address.dbname.size() > name_max) return std::nullopt;
  return address;
}

Reading<MemberValue> read_member_value(std::string_view value) {
  Reading<MemberValue> reading;
  if (value.rfind("postgres", 0) == 0) {
    reading.value = read_url_value(value, reading.problem);
    return reading;
  }
  const auto json = read_object(value, reading.problem);
  if (!json) return reading;
  LooseFields fields(*json, reading.problem);
  MemberValue& member = reading.value;
  member.conn_url = fields.text("conn_url");
  member.api_url = fields.text("api_url");
  member.state = fields.name("state");
  member.role = fields.name("role");
  member.version = fields.name("version");
  member.proxy_url = fields.text("proxy_url");
  member.checkpoint_missing = fields.has("checkpoint_after_promote");
  if (const Json* tags = fields.any("tags")) {
    auto read = read_member_tags(*tags);
    member.tags = std::move(read.value);
    if (!read.problem.empty()) fields.note("tags", read.problem);
  }
  member.pending_restart = fields.is_truthy("pending_restart");
  member.pending_restart_reasons = read_reasons(fields, reading.problem);
  member.xlog_location = fields.number("xlog_location");
  member.replay_lsn = fields.number("replay_lsn");
  member.receive_lsn = fields.number("receive_lsn");
  member.replication_state = fields.name("replication_state");
  const auto timeline = fields.number("timeline");
  if (timeline && *timeline <= std::numeric_limits<std::uint32_t>::max()) {
    member.timeline = static_cast<std::uint32_t>(*timeline);
  } else if (timeline) {
    fields.note("timeline", fmt::format("found the number {}, expected 32 bits", *timeline));
  }
  member.scheduled_restart = read_restart(fields, reading.problem);
  member.pause = fields.is_truthy("pause");
  member.agent = fields.name("agent");
  member.has_left = fields.is_truthy("left_in_pause");
  member.conn_kwargs = read_conn_kwargs(fields, reading.problem);
  if (!member.conn_url.empty() && !parse_conn_url(member.conn_url)) {
    fields.note("conn_url", "found a text that is no address of PostgreSQL");
    member.conn_url.clear();
  }
  return reading;
}

std::string write_member_value(const MemberValue& value) {
  Json json = Json::object();
  if (!value.conn_url.empty() || !value.conn_kwargs) json["conn_url"] = value.conn_url;
  json["api_url"] = value.api_url;
  json["state"] = value.state;
  json["role"] = value.role;
  json["version"] = value.version;
  if (!value.proxy_url.empty()) json["proxy_url"] = value.proxy_url;
  if (value.checkpoint_missing) json["checkpoint_after_promote"] = false;
  if (!value.tags.all().empty()) json["tags"] = value.tags.to_json();
  add_restarts(json, value);
  add_positions(json, value);
  if (value.scheduled_restart) json["scheduled_restart"] = restart_json(*value.scheduled_restart);
  if (value.pause) json["pause"] = true;
  if (!value.agent.empty()) json["agent"] = value.agent;
  if (value.has_left) json["left_in_pause"] = true;
  if (value.conn_kwargs) json["conn_kwargs"] = address_json(*value.conn_kwargs);
  return compact_json(json);
}

}  // namespace tamada::patroni
