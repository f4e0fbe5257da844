#include "router/session/cancel_forward.h"

#include <span>
#include <utility>

#include "common/loop/clock.h"

namespace tamada::router {

struct CancelForward::Attempt final : loop::StreamCallbacks {
  explicit Attempt(CancelForward& owner) : forward(owner), stream(owner.callbacks_.loop(), *this) {}

  void on_connected(Result<void> result) override {
    if (!result) return forward.attempt_over();
    stream.write(std::as_bytes(std::span(forward.packet_.data(), forward.packet_.size())));
    stream.read_start();
    ++forward.sent_;
  }
  void on_bytes(std::span<const std::byte>) override {}
  void on_end() override {
    stream.close();
    forward.attempt_over();
  }
  void on_closed(const Error&) override { forward.attempt_over(); }

  CancelForward& forward;
  loop::TcpStream stream;
};

CancelForward::CancelForward(SessionCallbacks& host, std::string listener, const Address& client_address)
    : callbacks_(host),
      listener_(std::move(listener)),
      client_address_(client_address),
      born_(loop::boot_now()),
      client_(host.loop(), *this),
      timer_(host.loop(), [this] { finish(); }) {}

CancelForward::~CancelForward() = default;

void CancelForward::begin(UniqueFd client, std::string packet, const std::vector<Address>& servers,
                          bool known, Duration connect_timeout) {
  packet_ = std::move(packet);
  known_ = known;
  if (client.is_open()) client_.adopt(std::move(client), client_address_);
  open_ = servers.size();
  for (const Address& server : servers) {
    attempts_.push_back(std::make_unique<Attempt>(*this));
    attempts_.back()->stream.connect(server, connect_timeout);
  }
  if (open_ == 0) return finish();
  timer_.start(limit);
}

void CancelForward::attempt_over() {
  if (--open_ == 0) finish();
}

void CancelForward::finish() {
  if (std::exchange(finished_, true)) return;
  timer_.stop();
  for (const auto& attempt : attempts_) attempt->stream.close();
  client_.close();
  const std::string client = client_address_.to_string();
  const std::string from = client_address_.ip_bytes();
  callbacks_.log().write_joined(LogLevel::info, "cancel.end", {known_ ? "known" : "unknown", from},
                                {{"client", std::string_view(client)},
                                 {"listener", std::string_view(listener_)},
                                 {"known", known_},
                                 {"servers", std::uint64_t{attempts_.size()}},
                                 {"sent", std::uint64_t{sent_}},
                                 {"dur_ms", std::int64_t{to_ms(loop::boot_now() - born_)}}});
  callbacks_.retire(*this);
}

}  // namespace tamada::router
