#include <catch2/catch.hpp>

#include "agent/api/requests/json_body.h"
#include "agent/api/requests/python_value.h"
#include "agent/api/requests/write_page.h"

using namespace tamada::agent;

namespace {

int status_of(BodyNeed need, bool has_length, std::string_view body) {
  const auto read = read_body(need, has_length, body);
  return read ? 200 : read.error().status;
}

}  // namespace

TEST_CASE("a mandatory body needs its length, and an object that is not empty", "[agent][json_body]") {
  constexpr auto need = BodyNeed::mandatory;
  CHECK(status_of(need, true, R"({"a": 1})") == 200);
  CHECK(status_of(need, false, "") == 411);
  CHECK(status_of(need, false, R"({"a": 1})") == 411);
  for (const char* body :
       {"", "{}", "[]", "1", "null", "{", "{\"a\": }", "\"a\"", "\xff", "{\"a\": 1, \"a\": 2}", "{} {}"}) {
    CAPTURE(body);
    CHECK(status_of(need, true, body) == 400);
  }
  CHECK(status_of(need, true, R"({"a": )" + std::string(100, '[') + std::string(100, ']') + "}") == 400);
}

TEST_CASE("an optional body may be missing or empty, but not broken", "[agent][json_body]") {
  constexpr auto need = BodyNeed::optional;
  CHECK(read_body(need, false, "").value() == JsonBody::object());
  CHECK(read_body(need, true, "").value() == JsonBody::object());
  CHECK(read_body(need, true, "{}").value() == JsonBody::object());
  CHECK(status_of(need, true, "[]") == 400);
  CHECK(status_of(need, true, "{") == 400);
}

TEST_CASE("the keys of a body keep their order", "[agent][json_body]") {
  CHECK(read_body(BodyNeed::mandatory, true, R"({"z": 1, "a": 2})")->dump() == R"({"z":1,"a":2})");
}

TEST_CASE("values have the texts that Python gives them", "[agent][python_value]") {
  const auto text = [](const char* json) { return python_text(JsonBody::parse(json)); };
  CHECK(text("true") == "True");
  CHECK(text("false") == "False");
  CHECK(text("null") == "None");
  CHECK(text("30") == "30");
  CHECK(text("1.5") == "1.5");
  CHECK(text("\"on\"") == "on");
  CHECK(text(R"(["a", 1, true, null])") == "['a', 1, True, None]");
  CHECK(text(R"({"a": {"b": "c"}})") == "{'a': {'b': 'c'}}");
  CHECK(text(R"(["it's"])") == "[\"it's\"]");
  CHECK(text(R"(["a\"'"])") == R"(['a"\''])");
}

TEST_CASE("values are true and false as Python takes them", "[agent][python_value]") {
  for (const char* json : {"null", "false", "0", "0.0", "\"\"", "[]", "{}"})
    CHECK_FALSE(python_truth(JsonBody::parse(json)));
  for (const char* json : {"true", "1", "\"0\"", "[0]", R"({"a": 0})"})
    CHECK(python_truth(JsonBody::parse(json)));
}

TEST_CASE("switches are read in Patroni's words", "[agent][python_value]") {
  for (const char* json : {"true", "1", "\"on\"", "\"True\"", "\"YES\""})
    CHECK(python_switch(JsonBody::parse(json)) == true);
  for (const char* json : {"false", "0", "\"off\"", "\"no\""})
    CHECK(python_switch(JsonBody::parse(json)) == false);
  for (const char* json : {"null", "2", "\"\"", "[]", "\"maybe\""})
    CHECK_FALSE(python_switch(JsonBody::parse(json)));
}

TEST_CASE("each request that changes something has its page", "[agent][write_page]") {
  CHECK(write_page("PATCH", "/config") == WritePage::patch_config);
  CHECK(write_page("PUT", "/config") == WritePage::put_config);
  CHECK(write_page("POST", "/reload") == WritePage::reload);
  CHECK(write_page("POST", "/restart") == WritePage::restart);
  CHECK(write_page("DELETE", "/restart") == WritePage::delete_restart);
  CHECK(write_page("POST", "/switchover") == WritePage::switchover);
  CHECK(write_page("POST", "/failover") == WritePage::failover);
  CHECK(write_page("DELETE", "/switchover") == WritePage::delete_switchover);
  CHECK(write_page("POST", "/reinitialize") == WritePage::reinitialize);
  CHECK(write_page("POST", "/failsafe") == WritePage::failsafe);
  CHECK(write_page("POST", "/sigterm") == WritePage::sigterm);
  CHECK(write_page("POST", "/citus") == WritePage::citus);
  CHECK(write_page("POST", "/mpp") == WritePage::citus);
  CHECK(write_page("POST", "//restart/x") == WritePage::restart);
}

TEST_CASE("what has no page is no method that is supported", "[agent][write_page]") {
  const std::pair<const char*, const char*> requests[] = {
      {"POST", "/"},           {"POST", "/config"},    {"PATCH", "/restart"}, {"PUT", "/"},
      {"DELETE", "/failover"}, {"DELETE", "/config"},  {"POST", "/patroni"},  {"post", "/restart"},
      {"POST", "/Restart"},    {"POST", "/x/restart"},
  };
  for (const auto& [method, path] : requests) {
    CAPTURE(method, path);
    CHECK_FALSE(write_page(method, path));
  }
  CHECK(unsupported("POST").status == 501);
  CHECK(unsupported("POST").body.find("Unsupported method ('POST')") != std::string::npos);
}

TEST_CASE("bodies are mandatory, optional, or not looked at", "[agent][write_page]") {
  for (const WritePage page : {WritePage::patch_config, WritePage::put_config, WritePage::switchover,
                               WritePage::failover, WritePage::failsafe, WritePage::citus}) {
    CHECK(body_need(page) == BodyNeed::mandatory);
  }
  CHECK(body_need(WritePage::restart) == BodyNeed::optional);
  CHECK(body_need(WritePage::reinitialize) == BodyNeed::optional);
  for (const WritePage page :
       {WritePage::reload, WritePage::delete_restart, WritePage::delete_switchover, WritePage::sigterm}) {
    CHECK_FALSE(body_need(page));
  }
}
