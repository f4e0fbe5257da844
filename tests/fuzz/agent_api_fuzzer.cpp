// What a client of the agent's REST API sends, behind the HTTP: paths, queries and bodies, to the pure parts that judge them.
#include <algorithm>
#include <string>

#include "agent/api/answers/read_answers.h"
#include "agent/api/requests/config_change.h"
#include "agent/api/requests/handover_checks.h"
#include "agent/api/requests/member_requests.h"
#include "agent/api/requests/restart_request.h"
#include "agent/api/requests/write_page.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/agent_snapshot.h"

using tamada::fuzz::expect;
using namespace tamada;
using namespace tamada::agent;

namespace {

constexpr WallTime wall_now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 29)};

template <class T>
void expect_refusal(const OrAnswer<T>& parsed) {
  if (parsed) return;
  expect(parsed.error().status >= 400 && parsed.error().status <= 500, "a refusal has its status");
  expect(!parsed.error().body.empty(), "a refusal has its words");
}

void read(std::string_view text) {
  const std::size_t question = std::min(text.find('?'), text.size());
  const std::string_view query = text.substr(std::min(question + 1, text.size()));
  for (const NodeSnapshot& snapshot : {agent_leader(), agent_replica()}) {
    for (const char* method : {"GET", "HEAD"}) {
      const Answer answer = read_answer({method, text.substr(0, question), query, agent_now}, snapshot,
                                        agent_now, PrimaryMeans::takes_writes);
      expect(answer.status == 200 || answer.status == 502 || answer.status == 503,
             "a page has one of three statuses");
      expect(*method == 'G' || answer.content == Content::status_line, "HEAD gets the status line");
    }
  }
}

void change(const JsonBody& body) {
  static_cast<void>(refuse_secrets(body));
  JsonBody config =
      JsonBody::parse(R"({"ttl": 30, "postgresql": {"parameters": {"a": 1, "b": "on"}}, "slots": {}})");
  patch_config(config, body);
  const JsonBody once = config;
  expect(!patch_config(config, body), "what was patched once is not changed by the same patch");
  expect(is_same_config(once, once), "a configuration is itself");
  expect(is_same_config(parse_config(config_text(once)), once), "what is written is what is read back");
}

void write(std::string_view text) {
  for (const BodyNeed need : {BodyNeed::mandatory, BodyNeed::optional}) {
    const auto body = read_body(need, true, text);
    expect_refusal(body);
    if (!body) continue;
    for (const bool paused : {false, true}) {
      const auto restart = parse_restart(*body, paused, wall_now);
      expect_refusal(restart);
      if (restart) {
        expect(!restart->schedule || restart->schedule->at >= wall_now, "nothing is scheduled for the past");
        expect(!restart->timeout || *restart->timeout > 0s, "a timeout is positive");
        expect(read_body(BodyNeed::optional, true, restart_json(*restart)).has_value(),
               "a restart is shown as JSON");
      }
      for (const HandoverKind kind : {HandoverKind::switchover, HandoverKind::failover}) {
        const auto handover = parse_handover(kind, *body, paused, wall_now);
        expect_refusal(handover);
        if (!handover) continue;
        expect(handover->leader != handover->candidate, "nobody hands over to itself");
        expect_refusal(handover_candidates(*handover, {}, agent_cluster()));
      }
    }
    static_cast<void>(parse_reinitialize(*body));
    expect_refusal(parse_failsafe(*body));
    change(*body);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::string_view text = tamada::fuzz::text_of(data, size);
  if (text.starts_with('/')) {
    read(text);
  } else {
    write(text);
  }
  return 0;
}
