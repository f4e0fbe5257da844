#include "router/history/failover_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <limits>
#include <utility>

#include "common/json/json_reader.h"

namespace tamada::router {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr std::size_t steps_written = 60;
constexpr std::size_t words_written = 500;  // bytes

struct Text {
  const char* key;
  std::string Failover::*member;
};
struct Moment {
  const char* key;
  std::optional<WallTime> Failover::*member;
};
struct Count {
  const char* key;
  std::uint64_t Failover::*member;
};
constexpr std::array<Text, 4> texts{{{"from", &Failover::from},
                                     {"to", &Failover::to},
                                     {"why_gone", &Failover::why_gone},
                                     {"why_confirmed", &Failover::why_confirmed}}};
constexpr std::array<Moment, 5> moments{{{"first_sign_at", &Failover::first_sign},
                                         {"leader_gone_at", &Failover::leader_gone},
                                         {"claimed_at", &Failover::claimed},
                                         {"confirmed_at", &Failover::confirmed},
                                         {"first_session_at", &Failover::first_session}}};
constexpr std::array<Count, 4> counts{{{"number", &Failover::number},
                                       {"waited", &Failover::waited},
                                       {"cut", &Failover::cut},
                                       {"failed", &Failover::failed}}};

std::int64_t in_ms(WallTime at) {
  return std::chrono::floor<milliseconds>(at.time_since_epoch()).count();
}

std::string shortened(const std::string& words) {
  return words.size() <= words_written ? words : words.substr(0, words_written) + " ...";
}

Json to_json(const Failover& record) {
  Json json;
  for (const auto& [key, member] : counts) json[key] = record.*member;
  for (const auto& [key, member] : texts) json[key] = shortened(record.*member);
  json["planned"] = record.planned;
  for (const auto& [key, member] : moments) {
    if (const auto& at = record.*member) json[key] = in_ms(*at);
  }
  if (record.stood_still) json["stood_still_ms"] = record.stood_still->count();
  Json steps = Json::array();
  for (const FailoverStep& step : record.steps) {
    if (steps.size() == steps_written) break;
    steps.push_back({{"at", in_ms(step.at)},
                     {"event", name_of(step.kind)},
                     {"node", step.node},
                     {"words", shortened(step.words)}});
  }
  json["steps"] = std::move(steps);
  return json;
}

constexpr auto any_count = std::numeric_limits<std::uint64_t>::max();
constexpr auto any_time = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

std::optional<milliseconds> read_ms(JsonFields& fields, const char* key) {
  const auto ms = fields.number(key, any_time);
  if (!ms) return std::nullopt;
  return milliseconds(static_cast<std::int64_t>(*ms));
}

// Not set: a step of a kind that this version does not know; the record is good without it.
std::optional<FailoverStep> read_step(JsonFields fields) {
  FailoverStep step;
  step.at = WallTime(read_ms(fields, "at").value_or(milliseconds(0)));
  step.node = fields.text("node");
  step.words = fields.text("words");
  const std::optional<FactKind> kind = fact_kind_of(fields.text("event"));
  if (!kind) return std::nullopt;
  step.kind = *kind;
  return step;
}

Failover read_record(JsonFields fields) {
  Failover record;
  for (const auto& [key, member] : counts) record.*member = fields.number(key, any_count).value_or(0);
  for (const auto& [key, member] : texts) record.*member = fields.text(key);
  for (const auto& [key, member] : moments) {
    if (const auto ms = read_ms(fields, key)) record.*member = WallTime(*ms);
  }
  record.planned = fields.flag("planned");
  record.stood_still = read_ms(fields, "stood_still_ms");
  fields.each_object("steps", [&](const JsonFields& step) {
    if (auto read = read_step(step)) record.steps.push_back(*std::move(read));
  });
  return record;
}

}  // namespace

std::string failovers_to_text(const std::vector<Failover>& records) {
  Json list = Json::array();
  for (const Failover& record : records) list.push_back(to_json(record));
  return Json{{"version", 1}, {"failovers", std::move(list)}}.dump(1, ' ', false,
                                                                   Json::error_handler_t::replace) +
         "\n";
}

Result<std::vector<Failover>> failovers_from_text(std::string_view text) {
  const auto file = nlohmann::json::parse(text, nullptr, false);
  if (file.is_discarded()) return fail(ErrorKind::invalid, "not JSON");
  if (!file.is_object() || file.value("version", nlohmann::json()) != nlohmann::json(1)) {
    return fail(ErrorKind::invalid, "expected an object with \"version\": 1");
  }
  std::optional<Error> error;
  std::vector<Failover> records;
  JsonFields fields(file, "", error);
  if (fields.any("failovers") == nullptr) fields.refuse("failovers", "missing, expected a list");
  fields.each_object("failovers", [&](const JsonFields& record) { records.push_back(read_record(record)); });
  if (error) return tl::make_unexpected(*std::move(error));
  return records;
}

}  // namespace tamada::router
