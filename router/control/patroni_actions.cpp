#include "router/control/patroni_actions.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "common/loop/clock.h"

namespace tamada::router {
namespace {

using Kind = ActionResult::Kind;

constexpr std::size_t words_shown = 300;  // bytes

const NodeView* find(const std::vector<NodeView>& nodes, const std::string& name) {
  const auto by = [&](const std::string NodeView::*member) {
    const auto found =
        std::find_if(nodes.begin(), nodes.end(), [&](const NodeView& node) { return node.*member == name; });
    return found == nodes.end() ? nullptr : &*found;
  };
  const NodeView* configured = by(&NodeView::configured_name);
  return configured != nullptr ? configured : by(&NodeView::name);
}

// One line of it; nothing of an HTML page.
std::string plain(const std::string& body) {
  const std::size_t begin = body.find_first_not_of(" \r\n\t");
  if (begin == std::string::npos || body[begin] == '<') return {};
  std::string words = body.substr(begin, words_shown);
  std::replace_if(
      words.begin(), words.end(), [](unsigned char letter) { return letter < 0x20 || letter == 0x7f; }, ' ');
  while (!words.empty() && words.back() == ' ') words.pop_back();
  return words;
}

}  // namespace

ActionResult patroni_result(const std::string& node, const http::Outcome<http::Response>& answer) {
  if (!answer) return {Kind::failed, fmt::format("Patroni of {}: {}", node, answer.error().error.message)};
  std::string words = plain(answer->body);
  if (words.empty()) {
    words = fmt::format("HTTP {} {}", answer->status, http::status_words(answer->status));
  }
  if (answer->status == 401 || answer->status == 403) {
    return {
        Kind::refused,
        fmt::format("Patroni of {} refused: {}; set cluster.api_user and cluster.api_password, or look at "
                    "restapi.allowlist there",
                    node, words)};
  }
  const bool done = answer->status >= 200 && answer->status < 300;
  return {done ? Kind::done : Kind::refused, fmt::format("Patroni of {}: {}", node, words)};
}

void PatroniActions::act(const Action& action, const Done& done) {
  const std::vector<NodeView> nodes = driver_.view().nodes(loop::boot_now());
  const NodeView* node = find(nodes, action.node);
  if (node == nullptr && !action.node.empty()) {
    return done({Kind::not_found, fmt::format("there is no node {}", action.node)});
  }
  if (action.kind == Action::Kind::switchover) {
    const LeaderView leader = driver_.view().leader();
    const auto leads =
        std::find_if(nodes.begin(), nodes.end(), [&](const NodeView& one) { return one.id == leader.node; });
    if (!leader.node.is_set() || leads == nodes.end()) {
      return done({Kind::not_possible, "nobody leads now, so nobody can hand over"});
    }
    if (node != nullptr && node->id == leader.node) {
      return done({Kind::not_possible, fmt::format("{} leads already", node->name)});
    }
    const auto candidate = node != nullptr ? std::optional(node->name) : std::nullopt;
    return post(*leads, patroni::switchover_request(leader.name, candidate), done);
  }
  if (node == nullptr) return done({Kind::not_found, "no node was named"});
  if (action.kind == Action::Kind::restart) return post(*node, patroni::restart_request(), done);
  if (action.kind == Action::Kind::reinitialize) {
    if (node->id == driver_.view().leader_id()) {
      return done({Kind::not_possible, fmt::format("{} leads: a leader cannot be built anew", node->name)});
    }
    return post(*node, patroni::reinitialize_request(), done);
  }
  done({Kind::not_possible, "Patroni cannot do that"});
}

void PatroniActions::post(const NodeView& node, const patroni::ApiRequest& asked, const Done& done) {
  const std::optional<ApiPlace> place = driver_.api_place(node.id);
  if (!place) {
    return done({Kind::failed, fmt::format("the address of the REST API of {} is not known", node.name)});
  }
  if (calls_.size() >= at_once) {
    return done({Kind::not_possible, "too many requests to Patroni are under way already"});
  }
  http::Request request;
  request.method = "POST";
  request.path = asked.path;
  request.headers.add("Content-Type", "application/json");
  if (!config_.cluster.api_user.empty()) {
    request.headers.add("Authorization",
                        http::basic_credentials(config_.cluster.api_user, config_.cluster.api_password));
  }
  request.body = asked.body;
  http::ClientOptions options;
  options.deadline = deadline;
  options.connect_timeout = 5s;
  const std::uint64_t number = ++last_;
  Call& call = calls_[number];
  call.tls = place->tls;
  call.request = std::make_unique<http::ClientRequest>(
      loop_, place->target, request, options,
      [this, number, name = node.name, done](const http::Outcome<http::Response>& answer) {
        const ActionResult result = patroni_result(name, answer);
        const Done tell = done;
        calls_.erase(number);  // and with it this function
        tell(result);
      });
}

}  // namespace tamada::router
