#include "agent/guard/client/guard_upgrade.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <utility>

#include "common/base/errno_text.h"

namespace tamada::guard {

namespace {

constexpr Duration busy_pause = 1s;
constexpr std::size_t block = std::size_t{32} * 1024;

// What lies behind the end of a file is as it was.
struct Block {
  std::array<char, block> bytes{};
  std::streamsize size = 0;
};

Result<void> read_block(std::ifstream& file, const std::string& path, Block& into) {
  errno = 0;
  file.read(into.bytes.data(), static_cast<std::streamsize>(into.bytes.size()));
  into.size = file.gcount();
  if (file.bad() || !file.is_open())
    return fail(ErrorKind::system, "cannot read " + path + ": " + describe_errno(errno));
  return {};
}

// Blocks.
Result<bool> have_same_bytes(const std::string& one, const std::string& other) {
  std::ifstream first(one, std::ios::binary);
  std::ifstream second(other, std::ios::binary);
  const auto a = std::make_unique<Block>();
  const auto b = std::make_unique<Block>();
  do {
    if (auto read = read_block(first, one, *a); !read) return tl::make_unexpected(std::move(read.error()));
    if (auto read = read_block(second, other, *b); !read) return tl::make_unexpected(std::move(read.error()));
    if (a->size != b->size || !std::equal(a->bytes.data(), a->bytes.data() + a->size, b->bytes.data()))
      return false;
  } while (a->size > 0);
  return true;
}

}  // namespace

GuardUpgrade::GuardUpgrade(loop::Loop& loop, GuardClient& client, Tell tell)
    : loop_(loop), client_(client), tell_(std::move(tell)), retry_(loop, [this] { ask(); }) {}

void GuardUpgrade::begin() {
  end();
  const auto job = [running = fmt::format("/proc/{}/exe", client_.status().guard),
                    installed = client_.program()](const std::stop_token&) {
    return have_same_bytes(running, installed);
  };
  comparing_ = std::make_unique<loop::BlockingTask>(
      loop_, "compare-guards", job, [this](const Result<bool>& is_same) { on_compared(is_same); },
      Duration(0));
}

void GuardUpgrade::end() {
  comparing_.reset();
  retry_.stop();
}

void GuardUpgrade::on_compared(const Result<bool>& is_same) {
  if (is_same && *is_same) return;
  if (is_same) return ask();
  tell_("cannot tell whether the guard is the program that is installed: " + is_same.error().message, true);
}

void GuardUpgrade::ask() {
  const std::string before = client_.guard_version();
  client_.upgrade(client_.program(), [handle = handles_.handle(), before](const GuardClient::Answered& got) {
    GuardUpgrade* self = handle.get();
    if (self == nullptr || !got) return;
    const pid_t guard = self->client_.status().guard;
    const std::string& program = self->client_.program();
    if (got->outcome == Outcome::busy) return self->retry_.start(busy_pause);
    if (got->outcome == Outcome::done) {
      return self->tell_(fmt::format("the guard, process {}, has become {}: version {}, before {}", guard,
                                     program, self->client_.guard_version(), before),
                         false);
    }
    const std::string why =
        got->outcome == Outcome::failed ? describe_errno(got->code) : "it does not know how";
    self->tell_(fmt::format("the guard, process {}, could not become {} ({}); it goes on as it is", guard,
                            program, why),
                true);
  });
}

}  // namespace tamada::guard
