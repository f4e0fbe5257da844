// Serves the REST API of a node at rest, with a backend that does nothing, for clients that are other programs: tests with
// Python's and curl, and measurements. Prints the port; ends when its standard input does.
//
//   agent_api_program [leader|replica|vacant] [CERTIFICATE KEY]
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string_view>

#include "agent/api/api_server.h"
#include "common/loop/loop_thread.h"
#include "tests/loop/agent/api/api_snapshots.h"
#include "tests/support/agent_api_backend.h"

using namespace tamada;
using namespace tamada::agent;

int main(int count, char** words) {
  const std::string_view kind = count > 1 ? words[1] : "leader";
  NodeSnapshot snapshot = made_now(kind == "leader" ? agent_leader() : agent_replica());
  if (kind == "vacant") snapshot.cluster->leader.reset();
  const auto published = std::make_shared<const NodeSnapshot>(snapshot);
  ApiOptions options;
  if (count > 3) options.tls = ApiTls{words[2], words[3], "", "", "", VerifyClient::none};

  loop::LoopThread thread("api");
  loop::Resolver resolver(thread.loop());
  RecordingBackend backend;
  backend.queried = published;
  backend.read = published;
  auto api = std::make_unique<ApiServer>(thread.loop(), resolver, backend);
  if (auto configured = api->configure(options); !configured) {
    fmt::print(stderr, "{}\n", configured.error().message);
    return 1;
  }
  if (auto listens = api->listen({*Address::from_ip("127.0.0.1", 0)}); !listens) {
    fmt::print(stderr, "{}\n", listens.error().message);
    return 1;
  }
  api->publish(published);
  fmt::print("{}\n", api->addresses().front().port());
  std::fflush(stdout);
  thread.start([&] { api.reset(); });
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
  thread.post_stop();
  thread.join();
  return 0;
}
