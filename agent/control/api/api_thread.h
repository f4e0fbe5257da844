// ApiThread: the REST API on a thread and a loop of its own: it answers while the HA loop is busy or hangs.
//
// What it is asked to do goes to `backend`, which lives on the HA loop, and the answer comes back. An HA loop that does not
// answer in time (ApiLimits) is told to the client as what it is: nobody knows.
//
// Called on the HA loop's thread, which it never keeps waiting, but in the destructor: that waits until the API's loop has
// closed what it has open.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "agent/api/api_backend.h"
#include "agent/config/restapi_config.h"
#include "agent/control/api/api_limits.h"
#include "common/base/address.h"
#include "common/base/result.h"
#include "common/loop/loop.h"
#include "common/loop/resolver.h"

namespace tamada::agent {

class ApiThread {
 public:
  // Where it listens, with the ports that the kernel chose.
  using Configured = std::function<void(const Result<std::vector<Address>>&)>;

  // `backend` is called on the loop of `mine`, and answers there; both must outlive this. After destruction it is not called
  // any more, and what it answers goes nowhere. `resolver`: of the API's loop.
  ApiThread(loop::Loop& mine, ApiBackend& backend, ApiLimits limits = {},
            loop::Resolver::Options resolver = {});
  ~ApiThread();
  ApiThread(const ApiThread&) = delete;
  ApiThread& operator=(const ApiThread&) = delete;

  // TLS, access, headers, addresses. The first time it starts the thread and listens; an error (address in use, a name without
  // an address, an unreadable certificate) leaves everything as it was. What is unchanged is not touched: open connections
  // stay. Certificate files that change are read anew without being asked for it.
  // `done` once, never from inside the call; not after destruction. A call that comes before the former one is done may end
  // that with an error (closed).
  void configure(const RestApiConfig& config, Configured done);
  // Before the first one every request has 503.
  void publish(SnapshotPtr snapshot);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tamada::agent
