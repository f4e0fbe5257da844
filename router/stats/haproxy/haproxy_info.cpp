#include "router/stats/haproxy/haproxy_info.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "common/base/clean_text.h"
#include "router/stats/haproxy/haproxy_json.h"

namespace tamada::router {
namespace {

constexpr std::uint64_t megabyte = 1024 * 1024;

std::uint64_t uptime_s(const StatsSnapshot& snapshot) {
  const auto up = std::chrono::duration_cast<std::chrono::seconds>(snapshot.now - snapshot.process.started);
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, up.count()));
}

// The listeners together.
struct Totals {
  std::uint64_t clients = 0, accepted = 0, bytes = 0, byte_rate = 0, rate = 0, rate_max = 0;
};

Totals totals_of(const StatsSnapshot& snapshot) {
  Totals totals;
  for (const ListenerStats& listener : snapshot.listeners) {
    totals.clients += listener.sessions + listener.held + listener.queued;
    totals.accepted += listener.accepted;
    totals.bytes += listener.up_bytes + listener.down_bytes;
    totals.byte_rate += listener.up_rate + listener.down_rate;
    totals.rate += listener.rate;
    totals.rate_max = std::max<std::uint64_t>(totals.rate_max, listener.rate_max);
  }
  totals.rate_max = std::max(totals.rate_max, totals.rate);
  return totals;
}

std::uint64_t idle_percent(const StatsSnapshot& snapshot) {
  const double possible = static_cast<double>(uptime_s(snapshot)) * std::max(snapshot.process.workers, 1U);
  if (possible <= 0) return 100;
  return static_cast<std::uint64_t>(100 * std::clamp(1 - snapshot.process.cpu_s / possible, 0.0, 1.0));
}

// One word: tools read the machine's name up to the next space, and lines up to the colon.
std::string one_word(std::string_view text) {
  std::string word = clean_text(text);
  std::replace_if(
      word.begin(), word.end(), [](char sign) { return sign == ' ' || sign == ':'; }, '-');
  return word.empty() ? "localhost" : word;
}

class InfoBuilder {
 public:
  InfoBuilder() {
    // Numbers that nobody sets below are 0; words stay empty.
    for (std::size_t i = 0; i < info_count; ++i) number(info_fields[i].name, 0);
    slot("description") = {};
  }
  void number(std::string_view name, std::uint64_t value) {
    const bool wide = name.ends_with("_bytes") || name.ends_with("BytesOut") || name == "BytesOutRate";
    slot(name) = {wide ? HaproxyValue::Type::u64 : HaproxyValue::Type::u32, value, {}};
  }
  void text(std::string_view name, std::string value) {
    table_.texts.push_back(std::move(value));
    slot(name) = {HaproxyValue::Type::text, 0, table_.texts.back()};
  }
  InfoTable take() { return std::move(table_); }

 private:
  HaproxyValue& slot(std::string_view name) {
    const auto found = std::find_if(info_fields.begin(), info_fields.end(),
                                    [&](const InfoField& field) { return field.name == name; });
    return table_.values[static_cast<std::size_t>(found - info_fields.begin())];
  }

  InfoTable table_;
};

void add_value(std::string& out, const HaproxyValue& value) {
  if (value.type == HaproxyValue::Type::text) {
    out += value.text;
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value.number);
  }
}

std::string_view type_word(const HaproxyValue& value) {
  if (value.type == HaproxyValue::Type::text) return "str";
  return value.type == HaproxyValue::Type::u64 ? "u64" : "u32";
}

std::string info_json(const InfoTable& table) {
  std::string out = "[";
  for (std::size_t i = 0; i < info_count; ++i) {
    const HaproxyValue& value = table.values[i];
    if (!value.is_set()) continue;
    if (out.size() > 1) out += ',';
    fmt::format_to(std::back_inserter(out), R"({{"field":{{"pos":{},"name":"{}"}},"processNum":1,)", i,
                   info_fields[i].name);
    add_json_tags(out, info_fields[i].tags);
    fmt::format_to(std::back_inserter(out), R"(,"value":{{"type":"{}","value":)", type_word(value));
    if (value.type == HaproxyValue::Type::text) {
      add_json_text(out, value.text);
    } else {
      add_value(out, value);
    }
    out += "}}";
  }
  out += "]\n";
  return out;
}

}  // namespace

std::string haproxy_uptime(const StatsSnapshot& snapshot) {
  const std::uint64_t up = uptime_s(snapshot);
  return fmt::format("{}d {}h{:02}m{:02}s", up / 86400, up / 3600 % 24, up / 60 % 60, up % 60);
}

InfoTable info_table(const StatsSnapshot& snapshot, const RenderOptions& options) {
  const ProcessStats& process = snapshot.process;
  const Totals totals = totals_of(snapshot);
  const StatsListenerCounters port = options.port.value_or(StatsListenerCounters{});
  const std::uint64_t connections = totals.clients + port.connections;
  const std::uint64_t listeners = snapshot.listeners.size() + (options.port ? 1 : 0);

  InfoBuilder info;
  info.text("Name", "Tamada");
  info.text("Version", spoken_version(process.version));
  info.text("Release_date", std::string(spoken_release_date));
  info.number("Nbthread", process.workers);
  info.number("Nbproc", 1);
  info.number("Process_num", 1);
  info.number("Pid", process.pid);
  info.text("Uptime", haproxy_uptime(snapshot));
  info.number("Uptime_sec", uptime_s(snapshot));
  info.number("PoolAlloc_MB", process.resident_bytes / megabyte);
  info.number("PoolUsed_MB", process.resident_bytes / megabyte);
  info.number("Ulimit-n", process.descriptors);
  info.number("Maxsock", process.descriptors);
  info.number("Maxconn", process.clients_max);
  info.number("Hard_maxconn", process.clients_max);
  info.number("CurrConns", connections);
  info.number("CumConns", totals.accepted + port.accepted);
  info.number("CumReq", totals.accepted + port.requests);
  if (port.tls) {
    info.number("CurrSslConns", port.connections);
    info.number("CumSslConns", port.accepted);
    info.number("SslRate", port.rate);
    info.number("MaxSslRate", port.rate_max);
  }
  info.number("ConnRate", totals.rate + port.rate);
  info.number("MaxConnRate", std::max<std::uint64_t>(totals.rate_max, port.rate_max));
  info.number("SessRate", totals.rate + port.rate);
  info.number("MaxSessRate", std::max<std::uint64_t>(totals.rate_max, port.rate_max));
  info.number("Tasks", connections + listeners);
  info.number("Idle_pct", idle_percent(snapshot));
  info.text("node", one_word(process.host));
  info.number("Stopping", process.stopping ? 1 : 0);
  info.number("Jobs", connections + listeners);
  info.number("Listeners", listeners);
  info.number("DroppedLogs", process.log_dropped);
  info.number("TotalBytesOut", totals.bytes + port.out_bytes);
  info.number("BytesOutRate", totals.byte_rate);
  info.text("Build info", "Tamada " + process.version);
  info.text("Tainted", "0");
  info.number("PoolAlloc_bytes", process.resident_bytes);
  info.number("PoolUsed_bytes", process.resident_bytes);
  const auto start = snapshot.wall(process.started).time_since_epoch();
  info.number("Start_time_sec",
              static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(start).count()));
  return info.take();
}

std::string show_info(const StatsSnapshot& snapshot, std::span<const std::string_view> words,
                      const RenderOptions& options) {
  const auto has = [&](std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  const InfoTable table = info_table(snapshot, options);
  if (has("json")) return info_json(table);
  const bool typed = has("typed");
  const bool describe = has("desc");
  std::string out;
  out.reserve(8192);
  for (std::size_t i = 0; i < info_count; ++i) {
    const HaproxyValue& value = table.values[i];
    if (!value.is_set()) continue;
    const InfoField& field = info_fields[i];
    if (typed) {
      fmt::format_to(std::back_inserter(out), "{}.{}.1:{}:{}:", i, field.name, field.tags, type_word(value));
    } else {
      fmt::format_to(std::back_inserter(out), "{}: ", field.name);
    }
    add_value(out, value);
    if (describe) fmt::format_to(std::back_inserter(out), ":\"{}\"", field.words);
    out += '\n';
  }
  return out;
}

}  // namespace tamada::router
