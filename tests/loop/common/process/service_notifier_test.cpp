#include "common/process/service_notifier.h"

#include <catch2/catch.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "common/base/unique_fd.h"
#include "tests/support/loop_fixture.h"
#include "tests/support/raw_unix.h"
#include "tests/support/temporary_folder.h"

namespace tamada {
namespace {

// The service manager: a socket for datagrams, which libsystemd finds by NOTIFY_SOCKET.
class Manager : public loop::LoopFixture {
 public:
  Manager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    const std::string path = folder_ / "notify";
    const sockaddr_un address = loop::unix_address(path);
    REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~Manager() {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // What it was told and has not been asked for yet; descriptors that come along are kept.
  std::vector<std::string> told() {
    std::vector<std::string> all;
    for (;;) {
      std::array<char, 1024> text{};
      alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
      iovec part{text.data(), text.size()};
      msghdr message{};
      message.msg_iov = &part;
      message.msg_iovlen = 1;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      const ssize_t got = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
      if (got < 0) return all;
      all.emplace_back(text.data(), static_cast<std::size_t>(got));
      const cmsghdr* header = CMSG_FIRSTHDR(&message);
      if (header == nullptr || header->cmsg_type != SCM_RIGHTS) continue;
      int fd = -1;
      std::copy_n(CMSG_DATA(header), sizeof fd, reinterpret_cast<unsigned char*>(&fd));
      kept.emplace_back(fd);
    }
  }

  std::vector<UniqueFd> kept;

 private:
  const TemporaryFolder folder_;
  UniqueFd socket_;
};

using Texts = std::vector<std::string>;

TEST_CASE_METHOD(Manager, "the service's states are told", "[service_notifier]") {
  ServiceNotifier notifier(loop);
  CHECK(told().empty());
  notifier.ready();
  CHECK(told() == Texts{"READY=1"});
  notifier.reloading();
  const Texts reloading = told();
  REQUIRE(reloading.size() == 1);
  CHECK(reloading[0].starts_with("RELOADING=1\nMONOTONIC_USEC="));
  CHECK(std::stoll(reloading[0].substr(reloading[0].rfind('=') + 1)) > 0);
  notifier.stopping();
  CHECK(told() == Texts{"STOPPING=1"});
}

TEST_CASE_METHOD(Manager, "the watchdog is fed where there is one, once the service is ready",
                 "[service_notifier]") {
  ::setenv("WATCHDOG_USEC", "20000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  ServiceNotifier notifier(loop);
  run_for(50ms);
  CHECK(told().empty());
  notifier.ready();
  Texts all;
  REQUIRE(run_until([&] {
    for (std::string& text : told()) all.push_back(std::move(text));
    return all.size() >= 4;
  }));
  CHECK(all[0] == "READY=1");
  CHECK(all[3] == "WATCHDOG=1");
}

TEST_CASE_METHOD(Manager, "the watchdog of another process is not fed", "[service_notifier]") {
  ::setenv("WATCHDOG_USEC", "20000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  ServiceNotifier notifier(loop);
  notifier.ready();
  run_for(50ms);
  CHECK(told() == Texts{"READY=1"});
}

TEST_CASE_METHOD(Manager, "after the hand-over nothing is told any more", "[service_notifier]") {
  ::setenv("WATCHDOG_USEC", "20000", 1);
  ServiceNotifier notifier(loop);
  notifier.ready();
  notifier.handed_over_to(4711);
  Texts all = told();
  CHECK(all.back() == "MAINPID=4711");
  notifier.stopping();
  notifier.keep({});
  run_for(50ms);
  CHECK(told().empty());
}

TEST_CASE_METHOD(Manager, "sockets are given to be kept, and taken back", "[service_notifier]") {
  ServiceNotifier notifier(loop);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  notifier.inherited({"old"});
  CHECK(notifier.keeps_sockets());
  notifier.keep({{"write", socket.get()}});
  CHECK(told() == Texts{"FDSTORE=1\nFDNAME=write", "FDSTOREREMOVE=1\nFDNAME=old"});
  CHECK(kept.size() == 1);
  notifier.keep({});
  CHECK(told() == Texts{"FDSTOREREMOVE=1\nFDNAME=write"});
  CHECK_FALSE(notifier.keeps_sockets());
}

TEST_CASE_METHOD(loop::LoopFixture, "without a service manager nothing happens", "[service_notifier]") {
  ::unsetenv("NOTIFY_SOCKET");
  ServiceNotifier notifier(loop);
  notifier.ready();
  notifier.keep({{"write", 0}});
  notifier.stopping();
  CHECK_FALSE(notifier.keeps_sockets());
}

}  // namespace
}  // namespace tamada
