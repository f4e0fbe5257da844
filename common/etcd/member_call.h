// MemberCall: one question to one member, with all that must come before it: the look-up of its name, its
// gateway's prefix, a login. Internal to this folder.
//
// Tries every address of the name while there is time; logs in again, once, when the token is not known any
// more, and when the credentials were changed while a login was under way. The callback runs once, never from
// inside the constructor; destroying the call cancels, also inside the callback.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/etcd/fleet.h"
#include "common/http/client_request.h"
#include "common/loop/lifetime.h"

namespace tamada::etcd {

struct MemberAnswer {
  std::string body;
  TimePoint as_of{};  // when the request was sent
};

struct MemberFailure {
  Failure failure;
  bool try_elsewhere = true;  // another member may answer
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
  void on_password(Result<std::string> password);
  void send(Step step);
  void on_response(Step step, http::Outcome<http::Response> outcome);
  void on_error_answer(Step step, const http::Response& response);
  void on_lost(Step step, const http::Failure& failure);
  [[nodiscard]] Duration time_left() const;
  void finish(tl::expected<MemberAnswer, MemberFailure> result);
  // Before anything was asked.
  void fail_early(Error error, bool try_elsewhere);
  void fail_with(Failure failure, bool try_elsewhere);

  Fleet& fleet_;
  Member& member_;
  const std::string path_;
  const std::string body_;
  const TimePoint end_;
  Callback callback_;
  loop::Timer limit_;      // of what is no request: the look-up, the reading of the password
  std::string waits_for_;  // for the words of its error
  loop::Lookup look_up_;
  std::shared_ptr<const Credentials> credentials_;  // of the login that is under way
  std::string password_;                            // their password
  std::vector<Address> addresses_;
  std::size_t address_ = 0;
  bool logged_in_here_ = false;
  std::optional<http::ClientRequest> request_;
  loop::WeakHandles<MemberCall> handles_{*this};  // a password may be read too late
};

}  // namespace tamada::etcd
