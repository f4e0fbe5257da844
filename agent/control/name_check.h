// NameCheck: whether another agent of this name runs (Patroni's contract 3.14): where a member key of the name is there, its REST
// API is asked. Any answer of HTTP means that somebody is there; who cannot be reached, or says nothing for 3 s, is not.
//
// Loop thread only; Loop and resolver must outlive it. `then` once, never from inside the constructor; it may destroy this.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/http/client_request.h"
#include "common/http/tls_context.h"
#include "common/http/url.h"
#include "common/loop/resolver.h"

namespace tamada::agent {

class NameCheck {
 public:
  // `api_url`: as the member key tells it.
  NameCheck(loop::Loop& loop, loop::Resolver& resolver, const std::string& api_url,
            std::function<void(bool is_taken)> then);
  NameCheck(const NameCheck&) = delete;
  NameCheck& operator=(const NameCheck&) = delete;

 private:
  void ask(const Address& address);

  loop::Loop& loop_;
  std::function<void(bool)> then_;
  http::Url url_;
  http::TlsContext tls_;
  loop::Lookup lookup_;
  std::unique_ptr<http::ClientRequest> request_;
};

}  // namespace tamada::agent
