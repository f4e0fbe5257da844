// The status server and what can be changed through it.
#include "tests/loop/router/control/control_fixture.h"

namespace tamada::router {
namespace {

http::Request admin_request(const std::string& method, const std::string& node,
                            const std::string& body = {}) {
  http::Request request;
  request.method = method;
  request.path = "/admin/nodes/" + node;
  request.body = body;
  request.headers.add("Authorization", http::basic_credentials("admin", "secret"));
  return request;
}

TEST_CASE_METHOD(ControlFixture, "the status tells all, and each page answers for itself",
                 "[control_status]") {
  a.patroni.be_replica();
  start(yaml());
  REQUIRE(run_until([&] { return node("a")["role"] == "replica"; }));
  CHECK(get("/ready").status == 200);
  CHECK(get("/ready", "leader").status == 503);
  a.patroni.be_leader();
  REQUIRE(wait_for_leader("a"));
  REQUIRE(
      run_until([&] { return get("/ready", "leader").status == 200; }));  // a picture is kept for a moment
  CHECK(get("/health").body == "alive\n");
  CHECK(get("/").body.find("HAProxy version ") != std::string::npos);  // what tools look for on a page
  CHECK(get("/nothing").status == 404);

  const http::Response response = get("/status");
  CHECK(response.status == 200);
  CHECK(response.headers.find("Content-Type") == "application/json");
  const Json json = Json::parse(response.body);
  const auto keys = [](const Json& object) {
    std::vector<std::string> found;
    for (const auto& [key, value] : object.items()) found.push_back(key);
    return found;
  };
  CHECK(keys(json) == std::vector<std::string>{"config", "etcd", "history", "leader", "listeners", "nodes",
                                               "uptime_s", "version"});
  CHECK(json["listeners"][0]["bind"][0] == fmt::format("127.0.0.1:{}", write_port));
  CHECK(json["listeners"][1]["to"] == "replica");
  CHECK(json["nodes"][0]["sessions"] == Json({{"write", 0}, {"read", 0}}));
  CHECK(json["etcd"].is_null());
  CHECK_FALSE(json["history"].empty());

  http::Request head;
  head.method = "HEAD";
  head.path = "/status";
  CHECK(http(head).body.empty());
  head.method = "POST";
  CHECK(http(head).status == 405);
}

TEST_CASE_METHOD(ControlFixture, "nothing can be changed without the right credentials", "[control_status]") {
  start(yaml());
  REQUIRE(wait_for_leader("a"));
  http::Request request = admin_request("PUT", "a", R"({"state": "drain"})");
  request.headers = {};
  const http::Response refused = http(request);
  CHECK(refused.status == 401);
  CHECK(refused.headers.has("WWW-Authenticate"));
  request.headers.add("Authorization", http::basic_credentials("admin", "guess"));
  CHECK(http(request).status == 401);
  request.path = "/admin/nodes/nobody";  // nor can it be learned which nodes there are
  CHECK(http(request).status == 401);
  CHECK(node("a")["admin"] == "ready");

  std::string text = yaml();
  const std::string credentials = ", admin_user: admin, admin_password: secret";
  text.erase(text.find(credentials), credentials.size());
  write_file(file(), text);
  REQUIRE(run_until([&] { return status()["config"]["generation"] == 2; }));
  CHECK(http(admin_request("PUT", "a", R"({"state": "drain"})")).status == 403);
}

TEST_CASE_METHOD(ControlFixture, "a drained node gets no new sessions, and a drained leader holds writers",
                 "[control_status]") {
  start(yaml());
  REQUIRE(wait_for_leader("a"));
  const auto session = client(write_port);
  REQUIRE(run_until([&] { return session->received.find('Z') != std::string::npos; }));

  const http::Response changed = http(admin_request("PUT", "a", R"({"state": "drain"})"));
  CHECK(changed.status == 200);
  CHECK(Json::parse(changed.body) ==
        Json({{"name", "a"}, {"state", "drain"}, {"listeners", Json::object()}}));
  const auto held = client(write_port);
  REQUIRE(run_until([&] { return status()["listeners"][0]["held"] == 1; }));
  CHECK_FALSE(session->closed);
  CHECK(node("a")["admin"] == "drain");

  CHECK(http(admin_request("PUT", "a", R"({"state": "ready"})")).status == 200);
  REQUIRE(run_until([&] { return held->received.find('Z') != std::string::npos; }));
}

TEST_CASE_METHOD(ControlFixture, "maintenance cuts, and can be for one listener", "[control_status]") {
  start(yaml());
  REQUIRE(wait_for_leader("a"));
  const auto reader = client(read_port);
  REQUIRE(run_until([&] { return reader->received.find('Z') != std::string::npos; }));
  CHECK(http(admin_request("PUT", "b", R"({"state": "maintenance", "listener": "read"})")).status == 200);
  REQUIRE(run_until([&] { return reader->closed || reader->events.find("end") != std::string::npos; }));
  CHECK(node("b")["admin_listeners"] == Json({{"read", "maintenance"}}));
  CHECK(Json::parse(http(admin_request("GET", "b")).body)["listeners"] == Json({{"read", "maintenance"}}));
}

TEST_CASE_METHOD(ControlFixture, "wrong changes are told what was expected", "[control_status]") {
  start(yaml());
  const auto put = [&](const std::string& name, const std::string& body) {
    return http(admin_request("PUT", name, body)).status;
  };
  CHECK(put("a", "") == 400);
  CHECK(put("a", "[]") == 400);
  CHECK(put("a", R"({"state": "off"})") == 400);
  CHECK(put("a", R"({"state": 1})") == 400);
  CHECK(put("a", R"({"state": "drain", "listener": "wriet"})") == 404);
  CHECK(put("a", R"({"state": "drain", "listner": "write"})") == 400);
  CHECK(put("nobody", R"({"state": "drain"})") == 404);
  CHECK(put("%61", R"({"state": "drain"})") == 200);  // %61 is "a"
  CHECK(http(admin_request("DELETE", "a")).status == 405);
}

TEST_CASE_METHOD(ControlFixture, "states by hand survive a configuration change and a restart",
                 "[control_status]") {
  const std::string state_dir = "state_dir: \"" + folder.path() + "\"\n";
  start(yaml() + state_dir);
  REQUIRE(wait_for_leader("a"));
  CHECK(http(admin_request("PUT", "b", R"({"state": "drain"})")).status == 200);
  write_file(file(), yaml({a.yaml()}) + state_dir);
  REQUIRE(run_until([&] { return node("b").is_null(); }));
  write_file(file(), yaml() + state_dir);
  REQUIRE(run_until([&] { return node("b").is_object(); }));
  CHECK(node("b")["admin"] == "drain");
  REQUIRE(run_until([&] { return node("b")["role"] == "replica"; }));
  const auto reader = client(read_port);
  run_for(200ms);
  CHECK(reader->received.empty());

  control.reset();
  start(yaml() + state_dir);
  REQUIRE(wait_for_leader("a"));
  CHECK(node("b")["admin"] == "drain");
}

TEST_CASE_METHOD(ControlFixture, "a broken or unwritable state file stops nobody", "[control_status]") {
  write_file(folder / std::string(AdminStore::file_name), "{\"version\": 1, \"nodes");
  start(yaml() + "state_dir: \"" + folder.path() + "\"\n");
  REQUIRE(wait_for_leader("a"));
  CHECK(node("a")["admin"] == "ready");
  control.reset();

  std::filesystem::remove(folder / std::string(AdminStore::file_name));
  std::filesystem::create_directory(folder / (std::string(AdminStore::file_name) + ".new"));  // in the way
  start(yaml() + "state_dir: \"" + folder.path() + "\"\n");
  REQUIRE(wait_for_leader("a"));
  CHECK(http(admin_request("PUT", "b", R"({"state": "drain"})")).status == 200);
  CHECK(node("b")["admin"] == "drain");

  // It is written as soon as that is possible, with nobody changing anything.
  std::filesystem::remove(folder / (std::string(AdminStore::file_name) + ".new"));
  CHECK(run_until([&] { return std::filesystem::exists(folder / std::string(AdminStore::file_name)); }));
  control.reset();
  start(yaml() + "state_dir: \"" + folder.path() + "\"\n");
  CHECK(node("b")["admin"] == "drain");
}

TEST_CASE_METHOD(ControlFixture,
                 "what could not be written is nothing to write where state_dir was taken out",
                 "[control_status]") {
  std::filesystem::create_directory(folder / (std::string(AdminStore::file_name) + ".new"));  // in the way
  start(yaml() + "state_dir: \"" + folder.path() + "\"\n");
  REQUIRE(wait_for_leader("a"));
  REQUIRE(http(admin_request("PUT", "b", R"({"state": "drain"})")).status == 200);
  write_file(file(), yaml());
  REQUIRE(run_until([&] { return status()["config"]["generation"] == 2; }));
  std::filesystem::remove(folder / (std::string(AdminStore::file_name) + ".new"));
  const TimePoint later = loop::boot_now() + 1500ms;  // a try is made each second
  REQUIRE(run_until([&] { return loop::boot_now() > later; }));
  CHECK_FALSE(std::filesystem::exists(folder / std::string(AdminStore::file_name)));
  CHECK_FALSE(std::filesystem::exists(".new"));
}

}  // namespace
}  // namespace tamada::router
