#include "agent/guard/protocol/file_names.h"

#include <catch2/catch.hpp>

#include <string>

namespace tamada::guard {
namespace {

std::string lock_of(const std::string& data) {
  return lock_file_name(data).data();
}
std::string socket_of(const std::string& data, const std::string& node) {
  return socket_file_name(data, node).data();
}

TEST_CASE("the lock is the data directory's, the socket also the node's", "[file_names]") {
  CHECK(lock_of("/a") == lock_of("/a"));
  CHECK(lock_of("/a") != lock_of("/b"));
  CHECK(socket_of("/a", "n1") == socket_of("/a", "n1"));
  CHECK(socket_of("/a", "n1") != socket_of("/a", "n2"));
  CHECK(socket_of("/a", "n1") != socket_of("/b", "n1"));
}

TEST_CASE("names stay short and the same in every version, however long the path is", "[file_names]") {
  // Another version of the agent has to find the guard that runs.
  CHECK(lock_of("/var/lib/postgresql/15/main") == "guard-426f30cbf3faadfb.lock");
  CHECK(socket_of("/var/lib/postgresql/15/main", "node1") == "guard-426f30cbf3faadfb-ca4eba7207232f14.sock");
  CHECK(socket_of(std::string(4000, 'x'), std::string(4000, 'y')).size() == 44);
}

}  // namespace
}  // namespace tamada::guard
