#include "common/postgres/client/conninfo.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <memory>

#include "common/base/clean_text.h"
#include "common/base/list_text.h"

namespace tamada::postgres {

namespace {

constexpr const char* default_port = "5432";

std::string value_of(const Conninfo& parameters, const char* key) {
  const auto found = parameters.find(key);
  return found == parameters.end() ? std::string() : found->second;
}

std::vector<Conninfo> hosts_of(const Conninfo& parameters) {
  const std::string host = value_of(parameters, "host");
  const std::string address = value_of(parameters, "hostaddr");
  const std::string port = value_of(parameters, "port");
  const std::vector<std::string> names = list_items(host);
  const std::vector<std::string> addresses = list_items(address);
  const std::vector<std::string> ports = list_items(port);
  const std::size_t count = address.empty() ? names.size() : addresses.size();
  const auto fits = [count](const std::string& list, const std::vector<std::string>& items) {
    return list.empty() || items.size() == count;
  };
  const std::vector<std::string>& decisive = address.empty() ? names : addresses;
  const bool has_gap = std::find(decisive.begin(), decisive.end(), "") != decisive.end();
  if (count < 2 || has_gap || !fits(host, names) || !fits(address, addresses) ||
      (ports.size() != 1 && ports.size() != count)) {
    return {parameters};
  }
  std::vector<Conninfo> each(count, parameters);
  for (std::size_t i = 0; i < count; ++i) {
    if (!host.empty()) each[i]["host"] = names[i];
    if (!address.empty()) each[i]["hostaddr"] = addresses[i];
    // An empty item of a list is the built-in default; an empty value of its own would be PGPORT.
    if (ports.size() > 1) each[i]["port"] = ports[i].empty() ? default_port : ports[i];
  }
  return each;
}

}  // namespace

Result<Conninfo> parse_conninfo(const std::string& text) {
  char* words = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      text.find('\0') == std::string::npos ? PQconninfoParse(text.c_str(), &words) : nullptr,
      &PQconninfoFree);
  PQfreemem(words);
  if (options == nullptr) {
    return fail(
        ErrorKind::invalid,
        "the connection string is neither libpq's list (host=a port=5432) nor its URI "
        "(postgresql://a:5432/db); check the names of the parameters, and write values with blanks in "
        "single quotes");
  }
  Conninfo parameters;
  for (const PQconninfoOption* one = options.get(); one->keyword != nullptr; ++one) {
    if (one->val != nullptr) parameters[one->keyword] = one->val;
  }
  return parameters;
}

std::string describe(const Conninfo& parameters) {
  std::string words;
  for (const char* key : {"host", "hostaddr", "port", "user", "dbname", "replication", "service"}) {
    const std::string value = value_of(parameters, key);
    if (!value.empty()) words += fmt::format("{}{}={}", words.empty() ? "" : " ", key, clean_text(value));
  }
  return words.empty() ? "libpq's default server" : words;
}

std::vector<Conninfo> attempts_of(const Conninfo& parameters) {
  std::vector<Conninfo> attempts = hosts_of(parameters);
  if (attempts.size() < 2 || value_of(parameters, "target_session_attrs") != "prefer-standby")
    return attempts;
  std::vector<Conninfo> second_round = attempts;
  for (Conninfo& one : attempts) one["target_session_attrs"] = "standby";
  for (Conninfo& one : second_round) one["target_session_attrs"] = "any";
  attempts.insert(attempts.end(), second_round.begin(), second_round.end());
  return attempts;
}

}  // namespace tamada::postgres
