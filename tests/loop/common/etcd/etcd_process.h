// EtcdProcess: a real etcd of one member on free loopback ports, with its data in a temporary folder. Stopped
// by its pid when it goes. Members of one cluster: give each the addresses of all.
#pragma once

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "common/http/url.h"
#include "common/loop/socket_options.h"
#include "tests/support/raw_socket.h"
#include "tests/support/temporary_folder.h"

namespace tamada::etcd {

using loop::free_port;

class EtcdProcess {
 public:
  struct Tls {
    std::string certificate;
    std::string key;
    std::string client_ca;  // empty: no client certificate wanted
  };
  struct Peer {
    std::string name;
    std::uint16_t port;
  };

  EtcdProcess() : EtcdProcess(Tls{}) {}
  // `more`: further words of its command line.
  explicit EtcdProcess(Tls tls, std::vector<std::string> more = {})
      : EtcdProcess({{"n0", free_port()}}, 0, std::move(tls), std::move(more)) {}
  // The `self`-th of a cluster.
  EtcdProcess(std::vector<Peer> peers, std::size_t self, Tls tls = {}, std::vector<std::string> more = {})
      : tls_(std::move(tls)),
        peers_(std::move(peers)),
        self_(self),
        more_(std::move(more)),
        port_(free_port()) {
    start();
  }
  ~EtcdProcess() { kill(SIGKILL); }
  EtcdProcess(const EtcdProcess&) = delete;
  EtcdProcess& operator=(const EtcdProcess&) = delete;

  void start() {
    INFO("wants /usr/bin/etcd of the package etcd-server: make deps");
    REQUIRE(access("/usr/bin/etcd", X_OK) == 0);
    const std::string scheme = tls_.certificate.empty() ? "http://" : "https://";
    const std::string client = scheme + "127.0.0.1:" + std::to_string(port_);
    const Peer& me = peers_.at(self_);
    std::string cluster;
    for (const Peer& peer : peers_) {
      cluster += (cluster.empty() ? "" : ",") + peer.name + "=http://127.0.0.1:" + std::to_string(peer.port);
    }
    const std::string peer_url = "http://127.0.0.1:" + std::to_string(me.port);
    std::vector<std::string> words{"/usr/bin/etcd",
                                   "--name",
                                   me.name,
                                   "--data-dir",
                                   folder_ / "data",
                                   "--listen-client-urls",
                                   client,
                                   "--advertise-client-urls",
                                   client,
                                   "--listen-peer-urls",
                                   peer_url,
                                   "--initial-advertise-peer-urls",
                                   peer_url,
                                   "--initial-cluster",
                                   cluster,
                                   "--heartbeat-interval",
                                   "50",
                                   "--election-timeout",
                                   "500",
                                   "--unsafe-no-fsync"};
    if (!tls_.certificate.empty()) {
      words.insert(words.end(), {"--cert-file", tls_.certificate, "--key-file", tls_.key});
      if (!tls_.client_ca.empty()) {
        words.insert(words.end(), {"--client-cert-auth", "--trusted-ca-file", tls_.client_ca});
      }
    }
    words.insert(words.end(), more_.begin(), more_.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const std::string log = folder_ / "log";
    posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    // The environment could hold ETCD_* settings.
    char path[] = "PATH=/usr/bin:/bin";
    char* environment[] = {path, nullptr};
    REQUIRE(posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environment) == 0);
    posix_spawn_file_actions_destroy(&actions);
  }
  void kill(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    // It may go on for a moment, until each of its threads has seen the signal.
    if (signal == SIGSTOP) waitpid(pid_, nullptr, WUNTRACED);
    if (signal == SIGSTOP || signal == SIGCONT) return;
    ::kill(pid_, SIGCONT);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void wipe() { std::filesystem::remove_all(folder_ / "data"); }

  [[nodiscard]] http::Url url() const {
    return http::Url::parse((tls_.certificate.empty() ? "http://127.0.0.1:" : "https://127.0.0.1:") +
                            std::to_string(port_))
        .value();
  }

 private:
  TemporaryFolder folder_;
  const Tls tls_;
  const std::vector<Peer> peers_;
  const std::size_t self_;
  const std::vector<std::string> more_;
  const std::uint16_t port_;
  pid_t pid_ = -1;
};

}  // namespace tamada::etcd
