#include "router/control/hand_over_channel.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "common/base/errno_text.h"

namespace tamada::router {

namespace {

struct Word {
  HandOverWord word;
  std::string_view text;
};
constexpr std::array words{
    Word{HandOverWord::prepared, "prepared"}, Word{HandOverWord::go, "go"},
    Word{HandOverWord::serving, "serving"},   Word{HandOverWord::adopted, "adopted"},
    Word{HandOverWord::failed, "failed"},     Word{HandOverWord::leaderless, "leaderless"}};
constexpr std::size_t longest = 4096;

}  // namespace

Result<HandOverChannel::Ends> HandOverChannel::make() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail(ErrorKind::system, "socketpair: " + describe_errno(errno));
  }
  return Ends{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

HandOverChannel::HandOverChannel(loop::Loop& loop, UniqueFd end, OnWord on_word, std::function<void()> on_end)
    : end_(std::move(end)), watch_(loop, *this), on_word_(std::move(on_word)), on_end_(std::move(on_end)) {
  watch_.open(end_.get());
  // Unwatched it would be a channel on which nothing ever comes: a take-over's limit ends that.
  static_cast<void>(watch_.want(true, false));
}

void HandOverChannel::send(int end, HandOverWord word, std::string_view detail) {
  const auto* const found =
      std::find_if(words.begin(), words.end(), [word](const Word& one) { return one.word == word; });
  std::string message(found->text);
  if (!detail.empty()) message += ' ' + std::string(detail.substr(0, longest / 2));
  static_cast<void>(::send(end, message.data(), message.size(), MSG_NOSIGNAL));
}

void HandOverChannel::on_ready(std::uint32_t) noexcept {
  std::array<char, longest> buffer{};
  const ssize_t got = ::recv(end_.get(), buffer.data(), buffer.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    watch_.close();
    const auto on_end = on_end_;  // this may go while it runs
    return on_end();
  }
  const std::string_view message(buffer.data(), static_cast<std::size_t>(got));
  const auto space = std::min(message.find(' '), message.size());
  const auto* const found = std::find_if(
      words.begin(), words.end(), [&](const Word& one) { return one.text == message.substr(0, space); });
  if (found == words.end()) return;
  const auto on_word = on_word_;
  on_word(found->word, std::string(message.substr(std::min(space + 1, message.size()))));
}

}  // namespace tamada::router
