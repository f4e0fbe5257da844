#include "router/stats/words.h"

#include <array>
#include <utility>

namespace tamada::router {
namespace {

constexpr std::array<std::pair<AdminState, std::string_view>, 3> admin_names{{
    {AdminState::ready, "ready"},
    {AdminState::drain, "drain"},
    {AdminState::maintenance, "maintenance"},
}};

}  // namespace

std::string_view name_of(Target target) {
  switch (target) {
    case Target::leader:
      return "leader";
    case Target::replica:
      return "replica";
    case Target::any:
      return "any";
    case Target::sync:
      return "sync";
    case Target::async:
      return "async";
    case Target::standby_leader:
      return "standby-leader";
    case Target::tag:
      return "tag";
  }
  return "leader";
}

std::string_view name_of(Balance balance) {
  switch (balance) {
    case Balance::leastconn:
      return "leastconn";
    case Balance::roundrobin:
      return "roundrobin";
    case Balance::random:
      return "random";
    case Balance::source:
      return "source";
  }
  return "leastconn";
}

std::string_view name_of(AdminState state) {
  for (const auto& [value, name] : admin_names) {
    if (value == state) return name;
  }
  return "ready";
}

std::optional<AdminState> admin_state(std::string_view name) {
  for (const auto& [value, known] : admin_names) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace tamada::router
