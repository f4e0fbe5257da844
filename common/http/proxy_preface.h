// ProxyPreface: the PROXY header (common/base/proxy_protocol.h) that may stand before the first byte of a connection
// to a server: load balancers send one with their checks, and for whom they speak. HTTP, or TLS, follows.
//
// Whoever is not expected to send one may not: what it says could be made up. Fed the first bytes as they
// come, cut anywhere; the same however they are cut. Bytes in, a decision out: no sockets. A value; used
// once.
#pragma once

#include <string>
#include <string_view>

#include "common/base/address.h"

namespace tamada::http {

class ProxyPreface {
 public:
  // `peer`: who sends; `expected`: may they send a header? `setting`: what names those who may, for words.
  ProxyPreface(const Address& peer, bool expected, std::string setting)
      : peer_(peer), expected_(expected), setting_(std::move(setting)) {}

  enum class State {
    need_more,
    done,     // rest() is what stands behind the header, or all there was if none came
    refused,  // words() say why; nothing else is of any use
  };
  [[nodiscard]] State feed(std::string_view bytes);

  // The client that the header names; `peer` where there is none, or it names none (LOCAL, UNKNOWN).
  [[nodiscard]] const Address& client() const { return client_.is_set() ? client_ : peer_; }
  [[nodiscard]] const std::string& rest() const { return received_; }
  [[nodiscard]] const std::string& words() const { return words_; }

 private:
  State refuse(std::string words);

  Address peer_;
  bool expected_;
  std::string setting_;
  Address client_;
  std::string received_;
  std::string words_;
};

}  // namespace tamada::http
