// MemberCall: one question to one member, with all that must come before it: the look-up of its name, its
// gateway's prefix, a login. Internal to this folder.
//
// Tries every address of the name while there is time; logs in again, once, when the token is not known any
// more. The callback runs once, never from inside the constructor; destroying the call cancels, also inside
// the callback.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/etcd/fleet.h"
#include "common/http/client_request.h"

namespace tamada::etcd {

struct MemberAnswer {
  std::string body;
  TimePoint as_of{};  // when the request was sent
};

struct MemberFailure {
  Error error;
  bool try_elsewhere = true;  // another member may answer
  bool may_have_run = false;  // the request may have reached etcd and been carried out
};

class MemberCall {
 public:
  using Callback = std::function<void(tl::expected<MemberAnswer, MemberFailure>)>;

  // `path`: behind the prefix, "/kv/range". Empty: only prepares the member (address, prefix and token are
  // known afterwards) and answers an empty body.
  MemberCall(Fleet& fleet, Member& member, std::string path, std::string body, Duration deadline,
             Callback callback);
  MemberCall(const MemberCall&) = delete;
  MemberCall& operator=(const MemberCall&) = delete;

 private:
  enum class Step { version, login, ask };

  void on_addresses(Result<std::vector<Address>> result);
  void go_on();
  void log_in();
  void send(Step step);
  void on_response(Step step, Result<http::Response> result);
  void on_error_answer(Step step, const http::Response& response);
  void on_lost(Step step, const Error& error, bool never_connected);
  [[nodiscard]] Duration time_left() const;
  void finish(tl::expected<MemberAnswer, MemberFailure> result);
  void fail_with(Error error, bool try_elsewhere, bool may_have_run);

  Fleet& fleet_;
  Member& member_;
  const std::string path_;
  const std::string body_;
  const TimePoint end_;
  Callback callback_;
  loop::Timer limit_;      // of what is no request: the look-up, the reading of the password
  std::string waits_for_;  // for the words of its error
  loop::Lookup look_up_;
  std::string password_;  // of the login that is under way
  std::vector<Address> addresses_;
  std::size_t address_ = 0;
  bool logged_in_here_ = false;
  std::optional<http::ClientRequest> request_;
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // a password may be read too late
};

}  // namespace tamada::etcd
