// libpq blocks: the owner has its answer in time all the same, and the thread comes back when libpq does.
#include <dlfcn.h>
#include <netdb.h>
#include <sys/stat.h>

#include <condition_variable>
#include <cstring>
#include <mutex>

#include "tests/loop/common/http/http_certificates.h"
#include "tests/loop/common/postgres/client/client_fixture.h"

using namespace tamada;
using namespace tamada::postgres;

namespace {

// A look-up of a name that begins with "stuck" blocks until the gate is opened, and finds 127.0.0.1 then.
class Gate {
 public:
  ~Gate() { open(); }
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.wait(lock, [this] { return is_open_; });
    --waiting_;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    is_open_ = false;
  }
  [[nodiscard]] int waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;
  int waiting_ = 0;
};

Gate& gate() {
  static Gate one;
  return one;
}

// Opens the gate when it goes, so that a test that fails leaves no thread behind.
struct GateClosed {
  GateClosed() { gate().close(); }
  ~GateClosed() { gate().open(); }
};

Conninfo stuck_at(const std::string& port) {
  return {{"host", "stuck.test"}, {"port", port}, {"user", "postgres"}, {"sslmode", "disable"}};
}

}  // namespace

// In the C library's place, for libpq too: the program's symbols come before a shared library's.
extern "C" int getaddrinfo(const char* __restrict name, const char* __restrict service,
                           const addrinfo* __restrict hints, addrinfo** __restrict result) {
  static const auto real = reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  if (name != nullptr && std::strncmp(name, "stuck", 5) == 0) {
    gate().pass();
    name = "127.0.0.1";
  }
  return real(name, service, hints, result);
}

TEST_CASE_METHOD(ClientFixture,
                 "a look-up that hangs costs the limit, and its thread counts until it returns",
                 "[postgres_client]") {
  ConnectionThreads few({2, 1});
  const GateClosed closed;
  const UniqueFd nobody = loop::closed_port();
  const ConnectionOptions options{stuck_at(std::to_string(loop::socket_address(nobody.get()).port())), 2s};
  const TimePoint begun = loop::boot_now();
  {
    Client first(loop, few, options);
    Client second(loop, few, options);
    const std::size_t asked = first.ask({"SELECT 1"}, {50ms, 0s});
    until([] { return gate().waiting() == 2; });
    until([&] { return first.answers.at(asked).has_value(); });
    CHECK(first.failure(asked).kind == FailureKind::timed_out);
    CHECK(first.log.closed.empty());
    until([&] { return !first.log.closed.empty() && !second.log.closed.empty(); });
    CHECK(loop::boot_now() - begun >= 2s);
    CHECK(loop::boot_now() - begun < 20s);
    CHECK(first.log.closed.front().kind == FailureKind::timed_out);
    CHECK(first.log.closed.front().stage == Stage::start);
  }
  // Both are left behind, so there is none for a third.
  CHECK(few.alive(ConnectionThreads::Use::connection) == 2);
  {
    Client third(loop, few, options);
    until([&] { return !third.log.closed.empty(); });
    CHECK(third.log.closed.front().kind == FailureKind::no_resources);
  }
  gate().open();
  until([&] { return few.alive(ConnectionThreads::Use::connection) == 0; });
  Client fourth(loop, few, {options.parameters, 30s});
  until([&] { return !fourth.log.closed.empty(); });
  CHECK(fourth.log.closed.front().kind == FailureKind::refused);
}

TEST_CASE_METHOD(ClientFixture, "a connection destroyed during a look-up that hangs is gone at once",
                 "[postgres_client]") {
  const GateClosed closed;
  const UniqueFd listener = loop::raw_server();
  auto one = client(stuck_at(std::to_string(loop::socket_address(listener.get()).port())));
  until([] { return gate().waiting() == 1; });
  one.reset();
  CHECK(alive() == 1);
  gate().open();
  until([&] { return alive() == 0; });
  // The name was found after nobody asked any more: nothing more is done with it than libpq does in one call.
  loop::Arrived arrived;
  if (loop::is_readable(listener)) loop::take_arrived(loop::raw_accept(listener), arrived);
  CHECK(arrived.bytes.empty());
}

TEST_CASE_METHOD(ClientFixture, "hostaddr spares the look-up", "[postgres_client]") {
  PostgresProcess server;
  const GateClosed closed;
  const auto admin = connected(server.by_socket());
  CHECK(ask(*admin, {"CREATE ROLE alice LOGIN PASSWORD 'right'"}));
  Conninfo parameters = server.by_tcp("alice", "right");
  parameters["host"] = "stuck.test";
  parameters["hostaddr"] = "127.0.0.1";
  CHECK(cell(*connected(parameters), {"SELECT 1"}) == "1");
  CHECK(gate().waiting() == 0);
}

TEST_CASE_METHOD(ClientFixture, "a certificate file that hangs costs the limit", "[postgres_client]") {
  http::Certificates certificates;
  certificates.make("server", "IP:127.0.0.1");
  PostgresProcess server(certificates.pem("server"), certificates.key("server"));
  const TemporaryFolder folder;
  const std::string pipe = folder / "root.pem";  // opening it waits for somebody who writes
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  Conninfo parameters = server.by_tcp("postgres", "x");
  parameters["sslmode"] = "verify-ca";
  parameters["sslrootcert"] = pipe;
  const Failure failure = refusal(parameters, 3s);
  CHECK(failure.kind == FailureKind::timed_out);
  CHECK(failure.stage == Stage::encryption);
  CHECK(alive() == 1);
  until([&] {  // it cannot be opened so before somebody reads
    const UniqueFd writer(::open(pipe.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    return writer.is_open() || alive() == 0;
  });
  until([&] { return alive() == 0; });
}
