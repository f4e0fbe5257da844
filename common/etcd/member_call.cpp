#include "common/etcd/member_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/etcd/codec.h"
#include "common/loop/clock.h"

namespace tamada::etcd {
namespace {

// Etcd refuses requests above 1.5 MB; an answer to a range can be larger, but none that is asked here.
constexpr http::MessageLimits limits{.max_body = std::size_t{16} << 20};

}  // namespace

MemberCall::MemberCall(Fleet& fleet, Member& member, std::string path, std::string body, Duration deadline,
                       Callback callback)
    : fleet_(fleet),
      member_(member),
      path_(std::move(path)),
      body_(std::move(body)),
      end_(loop::boot_now() + deadline),
      callback_(std::move(callback)),
      limit_(fleet.loop(),
             [this, deadline] {
               fail_early({ErrorKind::timeout, fmt::format("etcd {}: {}: no answer within {} ms",
                                                           member_.words(), waits_for_, to_ms(deadline))},
                          true);
             }),
      waits_for_("resolve " + member.url.host) {
  limit_.start(deadline);
  look_up_ = fleet.resolver().resolve(
      member.url.host, [this](loop::Resolver::Answer answer) { on_addresses(std::move(answer)); });
}

void MemberCall::on_addresses(Result<std::vector<Address>> result) {
  limit_.stop();
  if (!result) {
    return fail_early(
        {result.error().kind, fmt::format("etcd {}: {}", member_.words(), result.error().message)}, true);
  }
  addresses_ = std::move(*result);
  // The address that answered last time comes first, if the name still has it.
  const auto known = std::find_if(addresses_.begin(), addresses_.end(), [this](const Address& one) {
    return member_.address.is_set() && one.same_ip(member_.address);
  });
  if (known != addresses_.end()) std::rotate(addresses_.begin(), known, known + 1);
  go_on();
}

void MemberCall::go_on() {
  if (member_.prefix.empty()) return send(Step::version);
  const bool has_user = !fleet_.credentials()->user.empty();
  if (has_user && member_.token.empty() && !member_.auth_off) return log_in();
  if (path_.empty()) return finish(MemberAnswer{});
  send(Step::ask);
}

void MemberCall::log_in() {
  credentials_ = fleet_.credentials();
  if (!credentials_->read_password) {
    password_ = credentials_->password;
    return send(Step::login);
  }
  waits_for_ = "read the password";
  limit_.start(time_left());
  const auto credentials = credentials_;  // it may call back at once, and the callback destroy this object
  credentials->read_password([handle = handles_.handle()](Result<std::string> password) {
    if (MemberCall* call = handle.get()) call->on_password(std::move(password));
  });
}

void MemberCall::on_password(Result<std::string> password) {
  if (!callback_) return;
  limit_.stop();
  if (!password) {
    // Whichever member is asked, it is the same file.
    return fail_early(
        {password.error().kind, fmt::format("etcd {}: login: {}", member_.words(), password.error().message)},
        false);
  }
  password_ = *std::move(password);
  send(Step::login);
}

Duration MemberCall::time_left() const {
  return std::max<Duration>(end_ - loop::boot_now(), 1ms);
}

void MemberCall::send(Step step) {
  http::Request request;
  request.method = "POST";
  switch (step) {
    case Step::version:
      request.method = "GET";
      request.path = "/version";
      break;
    case Step::login:
      request.path = member_.prefix + "/auth/authenticate";
      request.body = encode_login(credentials_->user, std::exchange(password_, {}));
      break;
    case Step::ask:
      request.path = member_.prefix + path_;
      request.body = body_;
      if (!member_.token.empty()) request.headers.add("Authorization", member_.token);
      break;
  }
  if (step != Step::version) request.headers.add("Content-Type", "application/json");

  // So that an address that swallows everything leaves time for the next one.
  const auto share = time_left() / static_cast<Duration::rep>(addresses_.size() - address_);
  const auto target = http::Target::of(member_.url, addresses_[address_], fleet_.options().tls);
  request_.emplace(
      fleet_.loop(), target, request,
      http::ClientOptions{.deadline = time_left(), .connect_timeout = share, .limits = limits},
      [this, step](http::Outcome<http::Response> outcome) { on_response(step, std::move(outcome)); });
}

void MemberCall::on_response(Step step, http::Outcome<http::Response> outcome) {
  request_.reset();
  if (!outcome) return on_lost(step, outcome.error());
  member_.address = addresses_[address_];
  const bool outdated = step == Step::login && credentials_ != fleet_.credentials();
  if (outdated) return go_on();
  if (outcome->status != 200) return on_error_answer(step, *outcome);

  if (step == Step::ask) return finish(MemberAnswer{std::move(outcome->body), outcome->sent_at});
  auto learned = step == Step::version ? prefix_of_version(outcome->body) : decode_token(outcome->body);
  if (learned && !http::is_header_safe(*learned)) learned = fail(ErrorKind::invalid, "a token that is none");
  if (!learned) {
    return fail_early(
        {learned.error().kind, fmt::format("etcd {}: {}", member_.words(), learned.error().message)}, true);
  }
  (step == Step::version ? member_.prefix : member_.token) = *learned;
  go_on();
}

void MemberCall::on_lost(Step step, const http::Failure& failure) {
  // Another program, or another version of this one, may answer there next time.
  member_.prefix.clear();
  const bool may_have_been_sent = failure.may_have_been_sent();
  if (!may_have_been_sent && address_ + 1 < addresses_.size() && end_ > loop::boot_now()) {
    ++address_;
    return go_on();
  }
  // The steps before the question change nothing, whether they were carried out or not.
  fail_with({{failure.error.kind, fmt::format("etcd: {}", failure.error.message)},
             RpcFault::none,
             step == Step::ask && may_have_been_sent},
            true);
}

void MemberCall::on_error_answer(Step step, const http::Response& response) {
  const RpcError rpc = decode_error(response.status, response.body);
  const RpcFault fault = rpc.fault();
  if (step == Step::login && fault == RpcFault::login_not_wanted) {
    member_.auth_off = true;
    return go_on();
  }
  const bool login_helps = fault == RpcFault::not_logged_in && !fleet_.credentials()->user.empty();
  if (step == Step::ask && login_helps) {
    member_.token.clear();
    member_.auth_off = false;
    if (!std::exchange(logged_in_here_, true)) return go_on();
  }
  if (fault == RpcFault::unknown_path) member_.prefix.clear();
  const Error error = rpc.to_error();
  const char* what = step == Step::login ? "login" : step == Step::version ? "GET /version" : path_.c_str();
  // A request that is wrong, or a password, is wrong everywhere; a token may be known elsewhere.
  const bool elsewhere =
      rpc.is_transient() || login_helps || fault == RpcFault::unknown_path || step == Step::version;
  fail_with({{error.kind, fmt::format("etcd {}: {}: {}", member_.words(), what, error.message)},
             fault,
             step == Step::ask && rpc.may_have_run()},
            elsewhere);
}

void MemberCall::fail_early(Error error, bool try_elsewhere) {
  fail_with({std::move(error), RpcFault::none, false}, try_elsewhere);
}

void MemberCall::fail_with(Failure failure, bool try_elsewhere) {
  finish(tl::make_unexpected(MemberFailure{std::move(failure), try_elsewhere}));
}

void MemberCall::finish(tl::expected<MemberAnswer, MemberFailure> result) {
  // The callback may destroy this object, and itself with it.
  const Callback callback = std::exchange(callback_, {});
  callback(std::move(result));
}

}  // namespace tamada::etcd
