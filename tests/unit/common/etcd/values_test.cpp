#include "common/etcd/values.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::etcd;

TEST_CASE("the end of a prefix is its last byte plus one", "[values]") {
  CHECK(range_end_of_prefix("/service/demo/") == "/service/demo0");
  CHECK(range_end_of_prefix("a") == "b");
  CHECK(range_end_of_prefix("a\xff\xff") == "b");
  CHECK(range_end_of_prefix("\xff") == std::string(1, '\0'));
  CHECK(range_end_of_prefix("") == std::string(1, '\0'));
}

TEST_CASE("an answer of etcd's says what to do about it", "[values]") {
  CHECK(RpcError{16, "etcdserver: invalid auth token"}.wants_authentication());
  CHECK(RpcError{3, "etcdserver: user name is empty"}.wants_authentication());
  CHECK(RpcError{3, "etcdserver: revision of auth store is old"}.wants_authentication());
  CHECK_FALSE(RpcError{7, "etcdserver: permission denied"}.wants_authentication());
  CHECK(RpcError{14, "etcdserver: request timed out"}.is_transient());
  CHECK(RpcError{2, "etcdserver: not a primary lessor"}.is_transient());
  CHECK_FALSE(RpcError{11, "etcdserver: mvcc: required revision has been compacted"}.is_transient());
}

TEST_CASE("an answer of etcd's becomes an error of the right kind", "[values]") {
  CHECK(RpcError{14, "etcdserver: no leader"}.to_error() ==
        Error{ErrorKind::unavailable, "etcd answers: etcdserver: no leader (code 14)"});
  CHECK(RpcError{7, "etcdserver: permission denied"}.to_error().kind == ErrorKind::denied);
  CHECK(RpcError{3, "etcdserver: authentication failed, invalid user ID or password"}.to_error().kind ==
        ErrorKind::denied);
  CHECK(RpcError{5, "etcdserver: requested lease not found"}.to_error().kind == ErrorKind::invalid);
  CHECK(RpcError{2, "two\nlines"}.to_error().message == "etcd answers: two?lines (code 2)");
}
