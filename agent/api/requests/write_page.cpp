#include "agent/api/requests/write_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "agent/api/answers/read_answers.h"

namespace tamada::agent {
namespace {

struct Row {
  std::string_view method;
  std::string_view part;
  WritePage page;
};
constexpr std::array<Row, 13> rows{{
    {"PATCH", "config", WritePage::patch_config},
    {"PUT", "config", WritePage::put_config},
    {"POST", "reload", WritePage::reload},
    {"POST", "restart", WritePage::restart},
    {"DELETE", "restart", WritePage::delete_restart},
    {"POST", "switchover", WritePage::switchover},
    {"POST", "failover", WritePage::failover},
    {"DELETE", "switchover", WritePage::delete_switchover},
    {"POST", "reinitialize", WritePage::reinitialize},
    {"POST", "failsafe", WritePage::failsafe},
    {"POST", "sigterm", WritePage::sigterm},
    {"POST", "citus", WritePage::citus},
    {"POST", "mpp", WritePage::citus},
}};

}  // namespace

std::optional<WritePage> write_page(std::string_view method, std::string_view path) {
  const std::string_view part = first_part(path);
  const auto* found = std::find_if(rows.begin(), rows.end(),
                                   [&](const Row& row) { return row.method == method && row.part == part; });
  if (found == rows.end()) return std::nullopt;
  return found->page;
}

Answer unsupported(std::string_view method) {
  return error_page(501, fmt::format("Unsupported method ('{}')", method));
}

std::optional<BodyNeed> body_need(WritePage page) {
  switch (page) {
    case WritePage::patch_config:
    case WritePage::put_config:
    case WritePage::switchover:
    case WritePage::failover:
    case WritePage::failsafe:
    case WritePage::citus:
      return BodyNeed::mandatory;
    case WritePage::restart:
    case WritePage::reinitialize:
      return BodyNeed::optional;
    case WritePage::reload:
    case WritePage::delete_restart:
    case WritePage::delete_switchover:
    case WritePage::sigterm:
      break;
  }
  return std::nullopt;
}

}  // namespace tamada::agent
