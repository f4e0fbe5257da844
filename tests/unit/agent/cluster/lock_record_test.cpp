#include "agent/cluster/lock_record.h"

#include <catch2/catch.hpp>

using namespace tamada::agent;

TEST_CASE("a lock's record is read as it was written", "[lock_record]") {
  const LockRecord record{"/service/patroni/leader", 7587847297234234234, 5, 4711, 30};
  const std::string text = write_lock_record(record);
  CHECK(
      text ==
      R"({"key":"/service/patroni/leader","lease":7587847297234234234,"next_lease":5,"create_revision":4711,"ttl":30})"
      "\n");
  CHECK(parse_lock_record(text).value() == record);
  CHECK(parse_lock_record(write_lock_record({})).value().is_empty());
}

TEST_CASE("nothing of a damaged record counts", "[lock_record]") {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string(R"({"lease":"x"})"),
        std::string(R"({"lease":1.5})"), std::string(R"({"lease":1,"create_revision":-1})"),
        std::string(R"({"lease":1,"ttl":-5})"), std::string(R"({"lease":1,"lease":2})"),
        std::string(R"({"key":7,"lease":1})"), std::string(5000, ' ')}) {
    INFO(text.substr(0, 40));
    const auto parsed = parse_lock_record(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message.rfind("lock file: ", 0) == 0);
  }
}
