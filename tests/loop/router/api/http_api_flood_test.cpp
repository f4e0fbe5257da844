// A flood of wrong passwords, each from another address, over real sockets: it costs those who send it, and
// nobody else.
#include <crypt.h>

#include <atomic>
#include <set>
#include <thread>

#include "tests/loop/router/api/http_api_fixture.h"
#include "tests/support/raw_socket.h"

namespace tamada::router {
namespace {

// A hash that takes some 20 ms.
std::string slow_hash(const std::string& password, const std::string& salt) {
  crypt_data data{};
  const char* made = ::crypt_r(password.c_str(), ("$5$rounds=50000$" + salt + "$").c_str(), &data);
  REQUIRE(made != nullptr);
  return made;
}

Address local_address(int network, int host) {
  return *Address::from_ip(fmt::format("127.0.{}.{}", network, host), 0);
}

// As many guessers as asked for, each from an address of its own: whatever is answered, the next guess
// follows.
class Flood {
 public:
  Flood(const Address& server, std::vector<std::string> names, int guessers)
      : server_(server), names_(std::move(names)), thread_([this, guessers] { run(guessers); }) {}
  ~Flood() {
    stop_ = true;
    thread_.join();
  }
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

  // Addresses whose guesses were told to be wrong, or turned away.
  std::atomic<std::size_t> met{0};
  std::atomic<std::size_t> answers{0};

 private:
  struct Guesser {
    Address from;
    UniqueFd socket;
    bool met = false;
  };

  void guess(Guesser& guesser) {
    guesser.socket = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(guesser.socket.get(), guesser.from.data(), guesser.from.size()) != 0) return;
    if (::connect(guesser.socket.get(), server_.data(), server_.size()) != 0) return;
    const std::string& name = names_[++guesses_ % names_.size()];
    loop::raw_send(guesser.socket,
                   fmt::format("PUT /api/v1/nodes/pg1/state HTTP/1.1\r\nHost: a\r\n{}: {}\r\n"
                               "Connection: close\r\nContent-Length: 0\r\n\r\n",
                               "Authorization", http::basic_credentials(name, std::to_string(guesses_))));
  }

  void run(int guessers) {
    std::vector<Guesser> all(static_cast<std::size_t>(guessers));
    for (int i = 0; i < guessers; ++i) {
      Guesser& one = all[static_cast<std::size_t>(i)];
      one.from = local_address(1 + i / 250, 2 + i % 250);
      guess(one);
    }
    while (!stop_) {
      std::vector<pollfd> polled;
      for (const Guesser& one : all) polled.push_back({one.socket.get(), POLLIN, 0});
      ::poll(polled.data(), polled.size(), 50);
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (polled[i].revents == 0 && all[i].socket.is_open()) continue;
        ++answers;
        if (!std::exchange(all[i].met, true)) ++met;
        guess(all[i]);
      }
    }
  }

  const Address server_;
  const std::vector<std::string> names_;
  std::size_t guesses_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

class FloodFixture : public HttpApiFixture {
 public:
  static constexpr int honest = 10;
  static constexpr int guessers = 200;

  FloodFixture() {
    config.max_connections = 1000;
    config.users = {{"dba", slow_hash("geheim", "dba")}};
    for (int i = 0; i < honest; ++i) {
      config.users.push_back({name(i), slow_hash("geheim", fmt::format("salt{}", i))});
    }
    open();
  }
  static std::string name(int i) { return "ops" + std::to_string(i); }

  // What somebody is answered who sends this from that address.
  std::string ask(const Address& from, const std::string& bytes) {
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(socket.get(), from.data(), from.size()) == 0);
    const Address server = address();
    REQUIRE(::connect(socket.get(), server.data(), server.size()) == 0);
    loop::raw_send(socket, bytes);
    loop::Arrived arrived;
    REQUIRE(run_until(
        [&] {
          loop::take_arrived(socket, arrived);
          return arrived.end || arrived.error != 0;
        },
        60s));
    return arrived.bytes;
  }
  std::string sign_in_as(const std::string& user, const Address& from) {
    const std::string body = fmt::format(R"({{"user":"{}","password":"geheim"}})", user);
    return ask(from, fmt::format("POST /api/v1/sign-in HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                                 "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                                 body.size(), body));
  }
  // The first time, each of them, while the flood goes on.
  void everybody_signs_in() {
    for (int i = 0; i < honest; ++i) {
      INFO(name(i));
      const std::string answer = sign_in_as(name(i), local_address(99, 1 + i));
      CHECK(answer.starts_with("HTTP/1.1 200 "));
      CHECK(answer.find("Set-Cookie: ") != std::string::npos);
    }
  }
};

TEST_CASE_METHOD(FloodFixture, "guesses at another user keep nobody from signing in at the first try",
                 "[http_api][flood]") {
  const Flood flood(address(), {"dba"}, guessers);
  REQUIRE(run_until([&] { return flood.met > guessers / 2; }, 60s));
  everybody_signs_in();
}

TEST_CASE_METHOD(FloodFixture, "nor do guesses at names that are none", "[http_api][flood]") {
  const Flood flood(address(), {"root", "admin", "postgres", "nobody"}, guessers);
  REQUIRE(run_until([&] { return flood.met > guessers / 2; }, 60s));
  everybody_signs_in();
}

TEST_CASE_METHOD(FloodFixture, "nor do guesses at the very same names", "[http_api][flood]") {
  std::vector<std::string> names{"dba", "none"};
  for (int i = 0; i < honest; ++i) names.push_back(name(i));
  const Flood flood(address(), names, guessers);
  REQUIRE(run_until([&] { return flood.met == guessers; }, 60s));
  everybody_signs_in();
  // Programs that send Basic credentials with each request, too; they were right before, and cost no hash.
  for (int i = 0; i < honest; ++i) {
    CHECK(
        ask(local_address(98, 1 + i),
            fmt::format(
                "GET /admin/nodes/pg1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: {}\r\n\r\n",
                http::basic_credentials(name(i), "geheim")))
            .starts_with("HTTP/1.1 200 "));
  }
  CHECK(flood.answers >= static_cast<std::size_t>(guessers));
}

TEST_CASE_METHOD(FloodFixture,
                 "the same credentials from the same address are computed once for all who wait",
                 "[http_api]") {
  // More than may wait from one address.
  std::vector<UniqueFd> sockets;
  constexpr int requests = 3 * static_cast<int>(http::CheckQueue::per_source_max);
  for (int i = 0; i < requests; ++i) {
    sockets.push_back(loop::raw_client(address()));
    loop::raw_send(sockets.back(),
                   fmt::format("GET /admin/nodes/pg1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                               "Authorization: {}\r\n\r\n",
                               http::basic_credentials("dba", "geheim")));
  }
  for (const UniqueFd& socket : sockets) {
    loop::Arrived arrived;
    REQUIRE(run_until([&] {
      loop::take_arrived(socket, arrived);
      return arrived.end;
    }));
    CHECK(arrived.bytes.starts_with("HTTP/1.1 200 "));
  }
}

}  // namespace
}  // namespace tamada::router
