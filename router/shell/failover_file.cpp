#include "router/shell/failover_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <utility>

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
                     {"event", step.event},
                     {"node", step.node},
                     {"words", shortened(step.words)}});
  }
  json["steps"] = std::move(steps);
  return json;
}

// Reads known keys of one object; the first one of a wrong type is the error.
class Reader {
 public:
  Reader(const Json& object, std::string place) : object_(object), place_(std::move(place)) {}

  void text(const char* key, std::string& into) {
    if (const Json* value = find(key, &Json::is_string, "a text")) into = value->get<std::string>();
  }
  void flag(const char* key, bool& into) {
    if (const Json* value = find(key, &Json::is_boolean, "true or false")) into = value->get<bool>();
  }
  void count(const char* key, std::uint64_t& into) {
    if (const Json* value = find(key, &Json::is_number_unsigned, "a number"))
      into = value->get<std::uint64_t>();
  }
  std::optional<std::int64_t> number(const char* key) {
    const Json* value = find(key, &Json::is_number_integer, "a number");
    if (value == nullptr) return std::nullopt;
    return value->get<std::int64_t>();
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  const Json* find(const char* key, bool (Json::*is)() const noexcept, const char* expected) {
    const auto found = object_.find(key);
    if (found == object_.end() || error_) return nullptr;
    if (((*found).*is)()) return &*found;
    error_ = Error{ErrorKind::invalid, fmt::format("{}.{}: expected {}", place_, key, expected)};
    return nullptr;
  }

  const Json& object_;
  std::string place_;
  std::optional<Error> error_;
};

Result<FailoverStep> read_step(const Json& json, const std::string& place) {
  if (!json.is_object()) return fail(ErrorKind::invalid, place + ": expected an object");
  Reader reader(json, place);
  FailoverStep step;
  step.at = WallTime(milliseconds(reader.number("at").value_or(0)));
  reader.text("event", step.event);
  reader.text("node", step.node);
  reader.text("words", step.words);
  if (reader.error()) return tl::make_unexpected(*reader.error());
  return step;
}

Result<Failover> read_record(const Json& json, const std::string& place) {
  if (!json.is_object()) return fail(ErrorKind::invalid, place + ": expected an object");
  Reader reader(json, place);
  Failover record;
  for (const auto& [key, member] : counts) reader.count(key, record.*member);
  for (const auto& [key, member] : texts) reader.text(key, record.*member);
  for (const auto& [key, member] : moments) {
    if (const auto ms = reader.number(key)) record.*member = WallTime(milliseconds(*ms));
  }
  reader.flag("planned", record.planned);
  if (const auto ms = reader.number("stood_still_ms")) record.stood_still = milliseconds(*ms);
  if (reader.error()) return tl::make_unexpected(*reader.error());
  const auto steps = json.find("steps");
  if (steps == json.end()) return record;
  if (!steps->is_array()) return fail(ErrorKind::invalid, place + ".steps: expected a list");
  for (const Json& one : *steps) {
    auto step = read_step(one, fmt::format("{}.steps[{}]", place, record.steps.size()));
    if (!step) return tl::make_unexpected(step.error());
    record.steps.push_back(*std::move(step));
  }
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
  const Json file = Json::parse(text, nullptr, false);
  if (file.is_discarded()) return fail(ErrorKind::invalid, "not JSON");
  if (!file.is_object() || file.value("version", Json()) != Json(1)) {
    return fail(ErrorKind::invalid, "expected an object with \"version\": 1");
  }
  const auto list = file.find("failovers");
  if (list == file.end() || !list->is_array()) {
    return fail(ErrorKind::invalid, "failovers: expected a list");
  }
  std::vector<Failover> records;
  for (const Json& one : *list) {
    auto record = read_record(one, fmt::format("failovers[{}]", records.size()));
    if (!record) return tl::make_unexpected(record.error());
    records.push_back(*std::move(record));
  }
  return records;
}

}  // namespace tamada::router
