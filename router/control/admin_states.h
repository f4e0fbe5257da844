// AdminStates: what people asked of this router's nodes by hand, by name, so that it outlives a node's
// absence from the configuration and (as a file) a restart. Pure; a value.
//
// One state per node for all listeners, and one per node and listener that differs from it. A state for all
// listeners replaces those of single listeners.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "router/balance/policy.h"
#include "router/stats/words.h"

namespace tamada::router {

// Who asked, and when.
struct AdminRequest {
  std::string by;                                              // empty: not known
  std::optional<std::chrono::system_clock::time_point> since;  // to the millisecond
  bool operator==(const AdminRequest&) const = default;
};

struct NodeAdmin {
  AdminState all = AdminState::ready;
  std::map<std::string, AdminState, std::less<>> listeners = {};  // those that differ from `all`
  AdminRequest request = {};                                      // the newest one
  [[nodiscard]] bool is_ready() const { return all == AdminState::ready && listeners.empty(); }
  bool operator==(const NodeAdmin&) const = default;
};

class AdminStates {
 public:
  // `listener` empty: all. `node` is the configured name.
  void set(const std::string& node, const std::string& listener, AdminState state,
           const AdminRequest& request = {});

  // Ready for all if nothing was asked.
  [[nodiscard]] NodeAdmin of(std::string_view node) const;
  [[nodiscard]] const std::map<std::string, NodeAdmin, std::less<>>& nodes() const { return nodes_; }

  // The text of the state file (JSON, with a line end), and back. Names in it that are no UTF-8 are written
  // with replacement characters. Fails (invalid) with the place and the reason; nothing is believed in part.
  [[nodiscard]] std::string to_text() const;
  [[nodiscard]] static Result<AdminStates> from_text(std::string_view text);

  bool operator==(const AdminStates&) const = default;

 private:
  std::map<std::string, NodeAdmin, std::less<>> nodes_;  // only those where something was asked
};

}  // namespace tamada::router
