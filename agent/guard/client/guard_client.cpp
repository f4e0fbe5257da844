#include "agent/guard/client/guard_client.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "agent/guard/protocol/wire.h"
#include "common/base/errno_text.h"
#include "common/loop/clock.h"

namespace tamada::guard {

namespace {

// A guard that is leaving, or another one's that takes a moment: longer waits are the caller's.
constexpr Duration connect_patience = 2s;
constexpr Duration connect_pause = 20ms;
constexpr Duration answer_patience = 5s;

}  // namespace

GuardClient::GuardClient(loop::Loop& loop, GuardPlace place, GuardCallbacks& callbacks)
    : loop_(loop),
      place_(std::move(place)),
      callbacks_(callbacks),
      retry_(loop, [this] { connect(); }),
      life_(loop, [this] { ask_for_life(); }),
      watch_(loop, *this) {}

void GuardClient::open() {
  if (stage_ != Stage::closed) return;
  stage_ = Stage::starting;
  opened_ = loop::boot_now();
  has_started_one_ = false;
  loop_.defer([handle = handles_.handle()] {
    if (GuardClient* self = handle.get()) self->connect();
  });
}

void GuardClient::connect() {
  if (stage_ != Stage::starting) return;
  const std::string path = place_.socket_path();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A path that is too long for an address is named by its folder's descriptor (proc(5)).
  UniqueFd folder;
  std::string name = path;
  if (path.size() >= sizeof address.sun_path) {
    folder.reset(::open(place_.state_directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    name = fmt::format("/proc/self/fd/{}/{}", folder.get(), path.substr(path.rfind('/') + 1));
  }
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.is_open() &&
      ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    return greet(std::move(socket));
  }
  const int code = errno;
  const bool has_nobody = code == ENOENT || code == ECONNREFUSED;
  if (has_nobody && !has_started_one_) return start_guard();
  if ((has_nobody || code == EAGAIN) && loop::boot_now() < opened_ + connect_patience) {
    return retry_.start(connect_pause);
  }
  lose(GuardFailure::Kind::no_answer,
       fmt::format("cannot connect to the guard at {}: {}", path, describe_errno(code)));
}

void GuardClient::start_guard() {
  has_started_one_ = true;
  starter_ = std::make_unique<GuardStarter>(loop_, place_, [this](std::optional<GuardFailure> failure) {
    // It may be the guard that leaves, or one that another agent has started at the same time.
    const bool waits = failure && failure->kind == GuardFailure::Kind::in_use &&
                       loop::boot_now() < opened_ + connect_patience;
    if (failure && !waits) return lose(failure->kind, failure->words);
    if (waits) has_started_one_ = false;
    retry_.start(waits ? connect_pause : Duration(1ms));
  });
}

void GuardClient::greet(UniqueFd socket) {
  socket_ = std::move(socket);
  watch_.open(socket_.get());
  stage_ = Stage::greeting;
  unanswered_ = 0;
  life_.start_repeating(ask_every);
  Request hello;
  hello.kind = RequestKind::hello;
  ask(std::move(hello), UniqueFd(), nullptr);
}

void GuardClient::ask(Request request, UniqueFd passed, Then then) {
  const auto refuse = [&](GuardFailure::Kind kind, std::string words) {
    if (then) then(tl::make_unexpected(GuardFailure{kind, std::move(words)}));
  };
  const bool is_connected =
      stage_ == Stage::ready || (stage_ == Stage::greeting && request.kind == RequestKind::hello);
  if (!is_connected) return refuse(GuardFailure::Kind::lost, "the agent has no guard at the moment");
  if (++last_id_ == 0) ++last_id_;
  request.id = last_id_;
  std::vector<std::byte> buffer(longest_request);
  const auto bytes = encode(request, buffer);
  if (bytes.empty()) {
    return refuse(GuardFailure::Kind::too_large,
                  fmt::format("arguments and environment of {} have more than {} bytes in all",
                              request.launch.program, longest_request));
  }
  outgoing_.push_back({{bytes.begin(), bytes.end()}, std::move(passed)});
  const bool starts =
      (request.kind == RequestKind::start && request.launch.kind == ProcessKind::postmaster) ||
      request.kind == RequestKind::promote;
  waiting_.push_back({request.id, std::move(then), starts});
  if (!flush()) {
    // Told where it is read, so that nothing comes from inside this call.
    outgoing_.clear();
    static_cast<void>(watch_.want(true, false));
    watch_.wake();
  }
}

bool GuardClient::flush() {
  while (!outgoing_.empty()) {
    Outgoing& next = outgoing_.front();
    iovec part{next.bytes.data(), next.bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (next.passed.is_open()) {
      header.msg_control = control.data();
      header.msg_controllen = control.size();
      cmsghdr* rights = CMSG_FIRSTHDR(&header);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(sizeof(int));
      const int fd = next.passed.get();
      std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    }
    if (::sendmsg(socket_.get(), &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
      if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS) return false;
      break;
    }
    outgoing_.pop_front();
  }
  return watch_.want(true, !outgoing_.empty()).has_value();
}

void GuardClient::on_ready(std::uint32_t) noexcept {
  bool got = true;
  while (got) {
    if (!read_one(got)) return;
  }
  if (!flush())
    lose(GuardFailure::Kind::lost, "the connection to the guard is broken: " + describe_errno(errno));
}

bool GuardClient::read_one(bool& got) {
  std::array<std::byte, longest_report> buffer;
  ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  // A guard that closes before it has read all is told first, once; what it said before that comes after.
  if (size < 0 && errno == ECONNRESET)
    size = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
    got = false;
    return true;
  }
  if (size <= 0 && stage_ == Stage::greeting && loop::boot_now() < opened_ + connect_patience) {
    // A guard that was just leaving, since its last agent had gone.
    watch_.close();
    socket_.reset();
    outgoing_.clear();
    waiting_.clear();
    life_.stop();
    stage_ = Stage::starting;
    has_started_one_ = false;
    retry_.start(connect_pause);
    return false;
  }
  if (size <= 0) {
    lose(GuardFailure::Kind::lost, size == 0 ? "the guard has ended, or has closed the connection"
                                             : "the connection to the guard: " + describe_errno(errno));
    return false;
  }
  const auto report = decode_report({buffer.data(), static_cast<std::size_t>(size)});
  if (!report) {
    lose(GuardFailure::Kind::no_answer, "the guard sent what is not of this version's protocol");
    return false;
  }
  return take(*report);
}

bool GuardClient::take(const Report& report) {
  if (report.outcome == Outcome::other_agent) {
    lose(GuardFailure::Kind::other_agent,
         fmt::format("the guard of {} has another agent, process {}: is this one started twice?",
                     place_.data_directory, report.code));
    return false;
  }
  status_ = report.status;
  version_ = report.version;
  unanswered_ = 0;
  const loop::Lifetime::Watch watch(lifetime_);
  Then then;
  // One that the guard could not read has no number there; answers come in order.
  const bool answers = report.request != 0 || report.outcome == Outcome::invalid;
  if (answers && !waiting_.empty()) {
    then = std::move(waiting_.front().then);
    waiting_.pop_front();
  }
  if (stage_ == Stage::greeting) {
    // What was sent before the greeting's answer is older than it.
    if (report.request == 0) return true;
    stage_ = Stage::ready;
    callbacks_.on_guard_ready(report.status);
  } else {
    callbacks_.on_guard_status(report.status);
  }
  if (!watch.is_over() && then) then(GuardAnswer{report.outcome, report.code});
  return !watch.is_over();
}

// Who listens at the socket is known to the kernel, whatever he does.
std::string GuardClient::words_of_no_answer() const {
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool is_known =
      ::getsockopt(socket_.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0;
  return fmt::format("the guard{} at {} does not answer within {} s",
                     is_known ? fmt::format(", process {},", peer.pid) : "", place_.socket_path(),
                     to_ms(answer_patience) / 1000);
}

void GuardClient::ask_for_life() {
  if (stage_ == Stage::greeting) {
    if (++unanswered_ >= answer_patience / ask_every)
      lose(GuardFailure::Kind::no_answer, words_of_no_answer());
    return;
  }
  if (unanswered_ >= silence / ask_every) {
    return lose(GuardFailure::Kind::silent, fmt::format("the guard, process {}, has not answered for {} s",
                                                        status_.guard, to_ms(silence) / 1000));
  }
  ++unanswered_;
  if (!waiting_.empty()) return;
  Request hello;
  hello.kind = RequestKind::hello;
  ask(std::move(hello), UniqueFd(), nullptr);
}

void GuardClient::lose(GuardFailure::Kind kind, const std::string& words) {
  lifetime_.end();
  stage_ = Stage::closed;
  life_.stop();
  retry_.stop();
  watch_.close();
  socket_.reset();
  outgoing_.clear();
  const std::deque<Waiting> open = std::move(waiting_);
  waiting_.clear();
  const bool owes_start =
      std::any_of(open.begin(), open.end(), [](const Waiting& one) { return one.starts; });
  const GuardFailure failure{kind, words, kind == GuardFailure::Kind::silent && owes_start};
  const loop::Lifetime::Watch watch(lifetime_);
  for (const Waiting& one : open) {
    if (one.then) one.then(tl::make_unexpected(failure));
    if (watch.is_over()) return;
  }
  callbacks_.on_guard_lost(failure);
}

}  // namespace tamada::guard
