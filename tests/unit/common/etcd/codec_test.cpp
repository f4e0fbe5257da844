#include "common/etcd/codec.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::etcd;

TEST_CASE("requests have the shape that etcd's gateway reads", "[codec]") {
  CHECK(encode(RangeRequest{"foo", Scope::key, false}) == R"({"key":"Zm9v"})");
  CHECK(encode(RangeRequest{"foo", Scope::prefix, true}) ==
        R"({"key":"Zm9v","range_end":"Zm9w","serializable":true})");
  CHECK(encode(RangeRequest{"", Scope::prefix, false}) == R"({"key":"AA==","range_end":"AA=="})");
  CHECK(encode(PutRequest{"foo", "bar", 0}) == R"({"key":"Zm9v","value":"YmFy"})");
  CHECK(encode(PutRequest{"foo", "", 7587862094425870}) ==
        R"({"key":"Zm9v","lease":"7587862094425870","value":""})");
  CHECK(encode_lease_grant(30) == R"({"TTL":"30"})");
  CHECK(encode_lease_keepalive(-5) == R"({"ID":"-5"})");
  CHECK(encode_login("me", "pass\"word") == R"({"name":"me","password":"pass\"word"})");
  CHECK(encode_watch("foo", Scope::key, 12) == R"({"create_request":{"key":"Zm9v","start_revision":"12"}})");
  const TxnRequest txn{
      {Compare::absent("foo"), Compare::value_is("foo", "bar"), Compare::mod_revision_is("foo", 9)},
      {{Operation::Kind::put, "foo", "bar", 5}},
      {{Operation::Kind::range, "foo", "", 0}, {Operation::Kind::remove, "foo", "", 0}}};
  CHECK(encode(txn) ==
        R"({"compare":[{"create_revision":"0","key":"Zm9v","result":"EQUAL","target":"CREATE"},)"
        R"({"key":"Zm9v","result":"EQUAL","target":"VALUE","value":"YmFy"},)"
        R"({"key":"Zm9v","mod_revision":"9","result":"EQUAL","target":"MOD"}],)"
        R"("failure":[{"request_range":{"key":"Zm9v"}},{"request_delete_range":{"key":"Zm9v"}}],)"
        R"("success":[{"request_put":{"key":"Zm9v","lease":"5","value":"YmFy"}}]})");
}

TEST_CASE("a range is read, int64 as strings and the empty left out", "[codec]") {
  const RangeReply reply =
      decode_range(R"({"header":{"cluster_id":"14841639068965178418","member_id":"10276657743932975437",)"
                   R"("revision":"42","raft_term":"3"},"kvs":[{"key":"Zm9v","create_revision":"7",)"
                   R"("mod_revision":"41","version":"2","value":"YmFy","lease":"7587862094425870"},)"
                   R"({"key":"Zm9w","create_revision":"8","mod_revision":"8","version":"1"}],"count":"2"})")
          .value();
  CHECK(reply.header.cluster_id == 14841639068965178418U);
  CHECK(reply.header.revision == 42);
  CHECK(reply.header.raft_term == 3);
  REQUIRE(reply.kvs.size() == 2);
  CHECK(reply.kvs[0] == KeyValue{"foo", "bar", 7, 41, 2, 7587862094425870});
  CHECK(reply.kvs[1].value.empty());
  CHECK(reply.kvs[1].lease == 0);
  CHECK(decode_range("{\"header\":{}}").value().kvs.empty());
  CHECK(decode_range(R"({"header":{"revision":42}})").value().header.revision == 42);
}

TEST_CASE("a reply that is not what the format says is an error that names the place", "[codec]") {
  const auto words = [](std::string_view json) {
    const auto reply = decode_range(json);
    return reply ? "(accepted)" : reply.error().message;
  };
  CHECK(words("") == "etcd's answer is not a JSON object");
  CHECK(words("[]") == "etcd's answer is not a JSON object");
  CHECK(words("{\"header\":") == "etcd's answer is not a JSON object");
  CHECK(words("<html></html>") == "etcd's answer is not a JSON object");
  CHECK(words(R"({"header":[]})") == "etcd's answer: \"header\" is not an object");
  CHECK(words(R"({"header":{"revision":"4x"}})") ==
        "etcd's answer: \"revision\" is not a whole number of 64 bits");
  CHECK(words(R"({"header":{"revision":"99999999999999999999"}})") ==
        "etcd's answer: \"revision\" is not a whole number of 64 bits");
  CHECK(words(R"({"header":{"revision":4.5}})") ==
        "etcd's answer: \"revision\" is not a whole number of 64 bits");
  CHECK(words(R"({"header":{"raft_term":"-1"}})") ==
        "etcd's answer: \"raft_term\" is not a whole number of 64 bits");
  CHECK(words(R"({"kvs":{}})") == "etcd's answer: \"kvs\" is not an array");
  CHECK(words(R"({"kvs":[7]})") != "(accepted)");
  CHECK(words(R"({"kvs":[{"key":"Zm9"}]})") == "etcd's answer: \"key\" is not base64");
  CHECK(words(R"({"kvs":[{"key":5}]})") == "etcd's answer: \"key\" is not a text");
}

TEST_CASE("a transaction says whether it succeeded, false when left out", "[codec]") {
  CHECK(decode_txn(R"({"header":{"revision":"5"},"succeeded":true,"responses":[{"response_put":{}}]})")
            .value()
            .succeeded);
  const TxnReply no =
      decode_txn(
          R"({"header":{},"responses":[{"response_range":{"kvs":[{"key":"Zm9v"}]}},{"response_range":{}}]})")
          .value();
  CHECK_FALSE(no.succeeded);
  REQUIRE(no.ranges.size() == 2);
  CHECK(no.ranges[0].at(0).key == "foo");
  CHECK(no.ranges[1].empty());
}

TEST_CASE("a lease comes from a grant or, wrapped, from a keep-alive", "[codec]") {
  const LeaseReply granted = decode_lease(R"({"header":{},"ID":"7587862094425870","TTL":"30"})").value();
  CHECK(granted.id == 7587862094425870);
  CHECK(granted.ttl == 30);
  CHECK(decode_lease(R"({"result":{"header":{},"ID":"5","TTL":"29"}})").value().ttl == 29);
  CHECK(decode_lease(R"({"result":{"header":{},"ID":"5"}})").value().ttl == 0);  // the lease is gone
  CHECK(decode_lease(R"({"error":{"grpc_code":14,"message":"no leader"}})").error().kind ==
        ErrorKind::unavailable);
}

TEST_CASE("a watch message is read: created, events, cancelled", "[codec]") {
  CHECK(decode_watch(R"({"result":{"header":{"revision":"9"},"created":true}})").value().created);
  const WatchMessage message =
      decode_watch(R"({"result":{"header":{"revision":"9"},"events":[{"kv":{"key":"Zm9v","value":"YmFy",)"
                   R"("mod_revision":"9"}},{"type":"DELETE","kv":{"key":"Zm9v","mod_revision":"10"}}]}})")
          .value();
  REQUIRE(message.events.size() == 2);
  CHECK_FALSE(message.events[0].deleted);
  CHECK(message.events[0].kv.value == "bar");
  CHECK(message.events[1].deleted);
  CHECK(message.events[1].kv.mod_revision == 10);
  const WatchMessage canceled =
      decode_watch(R"({"result":{"header":{},"canceled":true,"compact_revision":"8","cancel_reason":"x"}})")
          .value();
  CHECK(canceled.canceled);
  CHECK(canceled.compact_revision == 8);
  CHECK(decode_watch(R"({"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader"}})")
            .error() == Error{ErrorKind::unavailable, "etcd answers: etcdserver: no leader (code 14)"});
  CHECK_FALSE(decode_watch(R"({"result":{"events":[{"type":"MOVE"}]}})"));
}

TEST_CASE("an error's code and words are found in both shapes, and a foreign answer is told", "[codec]") {
  const RpcError unary = decode_error(
      401,
      R"({"error":"etcdserver: invalid auth token","message":"etcdserver: invalid auth token","code":16})");
  CHECK(unary.code == 16);
  CHECK(unary.message == "etcdserver: invalid auth token");
  CHECK(decode_error(503, R"({"error":{"grpc_code":14,"message":"no leader"}})").code == 14);
  CHECK(decode_error(404, "Not Found\n").message == "HTTP status 404 without an error of etcd's");
  CHECK(decode_error(404, "Not Found\n").is_unknown_path());
  CHECK_FALSE(
      decode_error(404, R"({"error":"etcdserver: requested lease not found","code":5})").is_unknown_path());
  CHECK(decode_error(502, "<html>").is_transient());
}

TEST_CASE("the gateway's prefix follows from the version", "[codec]") {
  const auto prefix = [](const char* cluster) {
    return prefix_of_version(std::string(R"({"etcdserver":"3.4.23","etcdcluster":")") + cluster + "\"}")
        .value_or("?");
  };
  CHECK(prefix("3.4.0") == "/v3");
  CHECK(prefix("3.6.9") == "/v3");
  CHECK(prefix("4.0.0") == "/v3");
  CHECK(prefix("3.3.11") == "/v3beta");
  CHECK(prefix("3.1.0") == "/v3alpha");
  CHECK(prefix("not_decided") == "/v3");
  CHECK(prefix("2.3.7") == "?");
  CHECK(prefix("junk") == "?");
}

TEST_CASE("a token is a text, and there", "[codec]") {
  CHECK(decode_token(R"({"header":{},"token":"abc.7"})").value() == "abc.7");
  CHECK(decode_token(R"({"header":{}})").error().message == "etcd's answer: \"token\" is not there");
}
