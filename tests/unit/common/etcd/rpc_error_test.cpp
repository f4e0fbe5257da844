#include "common/etcd/rpc_error.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::etcd;

namespace {

struct Case {
  RpcError error;
  RpcFault fault;
  bool transient;
  bool may_have_run;
};

}  // namespace

TEST_CASE("an answer of etcd's becomes a fault that says what to do about it", "[rpc_error]") {
  const Case cases[] = {
      {{16, "etcdserver: invalid auth token"}, RpcFault::not_logged_in, false, false},
      {{3, "etcdserver: invalid auth token"}, RpcFault::not_logged_in, false, false},
      {{3, "etcdserver: user name is empty"}, RpcFault::not_logged_in, false, false},
      {{3, "etcdserver: revision of auth store is old"}, RpcFault::not_logged_in, false, false},
      {{9, "etcdserver: authentication is not enabled"}, RpcFault::login_not_wanted, false, false},
      {{3, "etcdserver: authentication failed, invalid user ID or password"},
       RpcFault::wrong_password,
       false,
       false},
      {{7, "etcdserver: permission denied"}, RpcFault::not_permitted, false, false},
      {{5, "etcdserver: requested lease not found"}, RpcFault::lease_not_found, false, false},
      {{9, "etcdserver: lease already exists"}, RpcFault::lease_exists, false, false},
      {{11, "etcdserver: mvcc: required revision has been compacted"}, RpcFault::compacted, false, false},
      {{12, "Not Found"}, RpcFault::unknown_path, false, false},
      {{3, "etcdserver: duplicate key given in txn request"}, RpcFault::other, false, false},
      {{14, "etcdserver: no leader"}, RpcFault::no_leader, true, false},
      {{9, "etcdserver: rpc not supported for learner"}, RpcFault::unavailable, true, false},
      // Nobody can know of these whether the request was carried out.
      {{14, "etcdserver: request timed out"}, RpcFault::unavailable, true, true},
      {{14, "etcdserver: leader changed"}, RpcFault::unavailable, true, true},
      {{4, "context deadline exceeded"}, RpcFault::unavailable, true, true},
      {{8, "etcdserver: mvcc: database space exceeded"}, RpcFault::no_space, true, true},
      {{2, "etcdserver: not a primary lessor"}, RpcFault::unavailable, true, true},
      {{1, "etcdserver: request canceled"}, RpcFault::other, false, true},
      {{2, "HTTP status 302 without an error of etcd's"}, RpcFault::other, false, true},
  };
  for (const Case& one : cases) {
    INFO(one.error.message);
    CHECK(one.error.fault() == one.fault);
    CHECK(one.error.is_transient() == one.transient);
    CHECK(one.error.may_have_run() == one.may_have_run);
  }
}

TEST_CASE("an answer of etcd's becomes an error of the right kind", "[rpc_error]") {
  CHECK(RpcError{14, "etcdserver: no leader"}.to_error() ==
        Error{ErrorKind::unavailable, "etcd answers: etcdserver: no leader (code 14)"});
  CHECK(RpcError{7, "etcdserver: permission denied"}.to_error().kind == ErrorKind::denied);
  CHECK(RpcError{3, "etcdserver: authentication failed, invalid user ID or password"}.to_error().kind ==
        ErrorKind::denied);
  CHECK(RpcError{5, "etcdserver: requested lease not found"}.to_error().kind == ErrorKind::invalid);
  CHECK(RpcError{2, "two\nlines"}.to_error().message == "etcd answers: two?lines (code 2)");
}
