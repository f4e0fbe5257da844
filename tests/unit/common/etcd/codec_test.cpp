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
  CHECK(words("") == "etcd's answer: the body is empty");
  CHECK(words("[]") == "etcd's answer: found a list, expected a JSON object");
  CHECK(words("{\"header\":").rfind("etcd's answer: not JSON at byte ", 0) == 0);
  CHECK(words("<html></html>").rfind("etcd's answer: not JSON at byte ", 0) == 0);
  CHECK(words(R"({"header":[]})") == "etcd's answer: header: found a list, expected an object");
  CHECK(words(R"({"header":{"revision":"4x"}})") ==
        "etcd's answer: header.revision: found the text \"4x\", expected a whole number of 64 bits");
  CHECK(words(R"({"header":{"revision":"99999999999999999999"}})") ==
        "etcd's answer: header.revision: found the text \"99999999999999999999\", expected a whole number of "
        "64 "
        "bits");
  CHECK(words(R"({"header":{"revision":4.5}})") ==
        "etcd's answer: header.revision: found the number 4.5, expected a whole number of 64 bits");
  CHECK(words(R"({"header":{"raft_term":"-1"}})") ==
        "etcd's answer: header.raft_term: found the text \"-1\", expected a whole number of 64 bits");
  CHECK(words(R"({"header":{"revision":"1"},"header":{}})") ==
        "etcd's answer: \"header\" is given twice in one object");
  CHECK(words(R"({"kvs":{}})") == "etcd's answer: kvs: found an object, expected a list");
  CHECK(words(R"({"kvs":[7]})") == "etcd's answer: kvs: found the number 7, expected objects in it");
  CHECK(words(R"({"kvs":[{"key":"Zm9"}]})") ==
        "etcd's answer: kvs.key: found the text \"Zm9\", expected base64");
  CHECK(words(R"({"kvs":[{"key":5}]})") == "etcd's answer: kvs.key: found the number 5, expected text");
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
  CHECK(no.removed == 0);
  REQUIRE(no.ranges.size() == 2);
  CHECK(no.ranges[0].at(0).key == "foo");
  CHECK(no.ranges[1].empty());
}

TEST_CASE("what is removed under conditions is a transaction", "[codec]") {
  CHECK(encode(RemoveRequest{"foo", Scope::key, {Compare::lease_is("foo", 7)}}) ==
        R"({"compare":[{"key":"Zm9v","lease":"7","result":"EQUAL","target":"LEASE"}],"failure":[],)"
        R"("success":[{"request_delete_range":{"key":"Zm9v"}}]})");
  CHECK(
      encode(RemoveRequest{"foo", Scope::prefix, {}}) ==
      R"({"compare":[],"failure":[],"success":[{"request_delete_range":{"key":"Zm9v","range_end":"Zm9w"}}]})");
  const RemoveReply reply =
      decode_remove(R"({"header":{"revision":"9","raft_term":"4"},"succeeded":true,)"
                    R"("responses":[{"response_delete_range":{"header":{"revision":"9"},"deleted":"3"}}]})")
          .value();
  CHECK(reply.conditions_held);
  CHECK(reply.removed == 3);
  CHECK(reply.header.raft_term == 4);
  const RemoveReply refused = decode_remove(R"({"header":{"revision":"9"}})").value();
  CHECK_FALSE(refused.conditions_held);
  CHECK(refused.removed == 0);
  CHECK(decode_remove(R"({"responses":[{"response_delete_range":{"deleted":"x"}}]})").error().message ==
        "etcd's answer: responses.response_delete_range.deleted: found the text \"x\", expected a whole "
        "number of "
        "64 bits");
}

TEST_CASE("a range in a transaction may be a prefix", "[codec]") {
  const TxnRequest txn{{}, {{Operation::Kind::range, "foo", "", 0, Scope::prefix}}, {}};
  CHECK(encode(txn) ==
        R"({"compare":[],"failure":[],"success":[{"request_range":{"key":"Zm9v","range_end":"Zm9w"}}]})");
}

TEST_CASE("a lease is revoked and its time left is told", "[codec]") {
  CHECK(encode_lease_revoke(7587862094425870) == R"({"ID":"7587862094425870"})");
  CHECK(encode_time_to_live(5, false) == R"({"ID":"5"})");
  CHECK(encode_time_to_live(5, true) == R"({"ID":"5","keys":true})");
  CHECK(decode_revoke(R"({"header":{"revision":"9","raft_term":"4"}})").value().header.raft_term == 4);
  const TimeToLiveReply reply =
      decode_time_to_live(
          R"({"header":{"raft_term":"4"},"ID":"5","TTL":"8","grantedTTL":"10","keys":["Zm9v"]})")
          .value();
  CHECK(reply.header.raft_term == 4);
  CHECK(reply.id == 5);
  CHECK(reply.ttl == 8);
  CHECK(reply.granted_ttl == 10);
  CHECK(reply.keys == std::vector<std::string>{"foo"});
  CHECK(decode_time_to_live(R"({"header":{},"ID":"5","TTL":"-1"})").value().ttl == -1);
  CHECK_FALSE(decode_time_to_live(R"({"keys":["?"]})"));
  CHECK_FALSE(decode_time_to_live(R"({"keys":[7]})"));
}

TEST_CASE("the members are read", "[codec]") {
  const MemberListReply reply =
      decode_member_list(R"({"header":{"member_id":"10276657743932975437"},"members":[)"
                         R"({"ID":"10276657743932975437","name":"n0","peerURLs":["http://a:2380"],)"
                         R"("clientURLs":["http://a:2379","https://a:2378"]},{"ID":"7","isLearner":true}]})")
          .value();
  REQUIRE(reply.members.size() == 2);
  CHECK(reply.members[0] ==
        ClusterMember{
            10276657743932975437U, "n0", {"http://a:2380"}, {"http://a:2379", "https://a:2378"}, false});
  CHECK(reply.members[1] == ClusterMember{7, "", {}, {}, true});
  CHECK_FALSE(decode_member_list(R"({"members":[{"clientURLs":"http://a"}]})"));
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
  CHECK(decode_error(404, "Not Found\n").fault() == RpcFault::unknown_path);
  CHECK(decode_error(404, R"({"error":"etcdserver: requested lease not found","code":5})").fault() ==
        RpcFault::lease_not_found);
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
  CHECK(decode_token(R"({"header":{}})").error().message == "etcd's answer: token: missing, expected text");
}
