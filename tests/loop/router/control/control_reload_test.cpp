// Configurations that change while the router runs.
#include "tests/loop/router/control/control_fixture.h"

namespace tamada::router {
namespace {

TEST_CASE_METHOD(ControlFixture, "a file written anew is applied in place, and sessions go on",
                 "[control_reload]") {
  start(yaml());
  REQUIRE(wait_for_leader("a"));
  const auto session = client(write_port);
  REQUIRE(run_until([&] { return session->received.find('Z') != std::string::npos; }));
  CHECK(status()["config"]["generation"] == 1);

  const std::uint16_t old_port = write_port;
  write_port = free_port();
  write_file(file(), yaml());
  REQUIRE(run_until([&] { return status()["config"]["generation"] == 2; }));
  CHECK(server_of(write_port) == "a");
  // Each worker lets go of it in a turn of its own.
  REQUIRE(run_until([&] { return !loop::raw_client(loop::loopback(old_port)).is_open(); }));
  session->write("still here?");
  REQUIRE(run_until([&] { return session->received.find("[a]") != std::string::npos; }));
}

TEST_CASE_METHOD(ControlFixture, "a file replaced by rename, or behind a changed link, is applied",
                 "[control_reload]") {
  // As Kubernetes lays out a ConfigMap: router.yaml -> ..data/router.yaml, ..data -> a folder.
  for (const char* version : {"v1", "v2"}) std::filesystem::create_directory(folder / version);
  write_file(folder / "v1/router.yaml", yaml());
  std::filesystem::create_directory_symlink("v1", folder / "..data");
  std::filesystem::create_symlink("..data/router.yaml", folder / "router.yaml");
  start_from(file());
  REQUIRE(wait_for_leader("a"));

  write_file(folder / "v2/router.yaml", yaml({a.yaml()}));
  std::filesystem::create_directory_symlink("v2", folder / "..new");
  std::filesystem::rename(folder / "..new", folder / "..data");
  REQUIRE(run_until([&] { return status()["config"]["generation"] == 2; }));

  write_file(folder / "v2/beside", yaml());
  std::filesystem::rename(folder / "v2/beside", folder / "v2/router.yaml");
  REQUIRE(run_until([&] { return status()["config"]["generation"] == 3; }));
  CHECK(status()["nodes"].size() == 2);
}

TEST_CASE_METHOD(ControlFixture, "an invalid file is refused with its errors, and the running one stays",
                 "[control_reload]") {
  start(yaml());
  REQUIRE(wait_for_leader("a"));
  write_file(file(), yaml({a.yaml(), b.yaml()}, "lisseners: {}\n"));
  REQUIRE(run_until([&] { return status()["config"]["error"].is_string(); }));
  CHECK(status()["config"]["error"].get<std::string>().find("lisseners") != std::string::npos);
  CHECK(status()["config"]["generation"] == 1);
  CHECK(server_of(write_port) == "a");
  // As it was: fine again, and nothing new.
  write_file(file(), yaml());
  REQUIRE(run_until([&] { return status()["config"]["error"].is_null(); }));
  CHECK(status()["config"]["generation"] == 1);
  // Taken away: refused as well.
  std::filesystem::remove(file());
  REQUIRE(run_until([&] { return status()["config"]["error"].is_string(); }));
  CHECK(server_of(write_port) == "a");
}

TEST_CASE_METHOD(ControlFixture, "a configuration whose port is taken is refused as a whole",
                 "[control_reload]") {
  start(yaml());
  REQUIRE(wait_for_leader("a"));
  const UniqueFd taken = loop::raw_server();
  const std::uint16_t old_stats = stats_port;
  const std::uint16_t old_read = read_port;
  const std::uint16_t fresh = free_port();

  // A listener's port.
  read_port = loop::socket_address(taken.get()).port();
  stats_port = fresh;
  write_file(file(), yaml({a.yaml()}));
  REQUIRE(run_until([&] { return status()["config"]["error"].is_string(); }));
  CHECK(status()["config"]["error"].get<std::string>().find("EADDRINUSE") != std::string::npos);
  CHECK(status()["nodes"].size() == 2);
  CHECK_FALSE(loop::raw_client(loop::loopback(fresh)).is_open());
  stats_port = old_stats;
  CHECK(get("/health").status == 200);

  // The status server's.
  read_port = old_read;
  stats_port = loop::socket_address(taken.get()).port();
  write_file(file(), yaml({a.yaml()}));
  REQUIRE(run_until([&] {
    const Json error = status()["config"]["error"];
    return error.is_string() && error.get<std::string>().find("stats.bind") != std::string::npos;
  }));
  stats_port = old_stats;
  CHECK(get("/health").status == 200);
  CHECK(status()["config"]["generation"] == 1);
}

TEST_CASE_METHOD(ControlFixture,
                 "a node taken out is drained, watched until its last session ends, and forgotten",
                 "[control_reload]") {
  start(yaml());
  REQUIRE(wait_for_leader("a"));
  auto reader = client(read_port);
  REQUIRE(run_until([&] { return reader->received.find('Z') != std::string::npos; }));
  write_file(file(), yaml({a.yaml()}));
  REQUIRE(run_until([&] { return status()["config"]["generation"] == 2; }));
  CHECK(node("b")["leaving"] == true);
  const std::size_t asked = b.patroni.asked.size();
  REQUIRE(run_until([&] { return b.patroni.asked.size() > asked + 1; }));
  CHECK_FALSE(reader->closed);
  reader.reset();
  REQUIRE(run_until([&] { return node("b").is_null(); }));
  const std::size_t last = b.patroni.asked.size();
  run_for(500ms);
  CHECK(b.patroni.asked.size() <= last + 1);  // one may have been out
}

TEST_CASE_METHOD(ControlFixture, "a node without sessions that is taken out is forgotten at once",
                 "[control_reload]") {
  start(yaml());
  REQUIRE(wait_for_leader("a"));
  write_file(file(), yaml({a.yaml()}));
  REQUIRE(run_until([&] { return status()["config"]["generation"] == 2; }));
  CHECK(node("b").is_null());
  // And is a node again when it comes back.
  write_file(file(), yaml());
  REQUIRE(run_until([&] { return node("b").is_object() && node("b")["role"] == "replica"; }));
}

TEST_CASE_METHOD(ControlFixture, "reload reads the file at once, also when nothing watches",
                 "[control_reload]") {
  start(yaml());
  control->reload();
  run_for(50ms);
  CHECK(status()["config"]["generation"] == 1);
  write_file(file(), yaml({a.yaml()}));
  control->reload();
  REQUIRE(run_until([&] { return status()["config"]["generation"] == 2; }));
}

TEST_CASE_METHOD(ControlFixture, "a password in a file is read again when the file changes",
                 "[control_reload]") {
  const std::string secret = folder / "secret";
  write_file(secret, "first\n");
  std::string text = yaml();
  const std::string inline_password = "admin_password: secret";
  text.replace(text.find(inline_password), inline_password.size(), "admin_password_file: " + secret);
  start(text);
  const auto status_with = [&](const std::string& password) {
    http::Request request;
    request.method = "PUT";
    request.path = "/admin/nodes/b";
    request.body = R"({"state": "ready"})";
    request.headers.add("Authorization", http::basic_credentials("admin", password));
    return http(request).status;
  };
  CHECK(status_with("first") == 200);

  // Replaced by rename, with router.yaml as it was.
  write_file(folder / "beside", "second\n");
  std::filesystem::rename(folder / "beside", secret);
  REQUIRE(run_until([&] { return status()["config"]["generation"] == 2; }));
  CHECK(status_with("second") == 200);
  CHECK(status_with("first") == 401);

  // One that is no password is refused, and the old one stays.
  write_file(secret, "\n");
  REQUIRE(run_until([&] { return status()["config"]["error"].is_string(); }));
  CHECK(status()["config"]["error"].get<std::string>().find("is empty; expected the password") !=
        std::string::npos);
  CHECK(status_with("second") == 200);
  std::filesystem::remove(secret);
  control->reload();
  REQUIRE(run_until([&] {
    return status()["config"]["error"].get<std::string>().find("No such file") != std::string::npos;
  }));
  // A file that could not be read is still watched.
  write_file(secret, "third\n");
  REQUIRE(run_until([&] { return status()["config"]["generation"] == 3; }));
  CHECK(status_with("third") == 200);
}

TEST_CASE_METHOD(ControlFixture, "a reload that a start would refuse is refused, and the running one stays",
                 "[control_reload]") {
  start(yaml());
  REQUIRE(wait_for_leader("a"));
  write_file(file(), yaml({a.yaml(), b.yaml()}, "state_dir: " + (folder / "none") + "\n"));
  REQUIRE(run_until([&] { return status()["config"]["error"].is_string(); }));
  CHECK(status()["config"]["error"].get<std::string>().find("none does not exist; make it") !=
        std::string::npos);
  CHECK(status()["config"]["generation"] == 1);
  CHECK(server_of(write_port) == "a");
}

}  // namespace
}  // namespace tamada::router
