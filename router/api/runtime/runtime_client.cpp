#include "router/api/runtime/runtime_client.h"

#include <fmt/format.h>

#include <utility>

namespace tamada::router {

namespace {

constexpr Duration linger_timeout = 2s;  // for the last answer to reach a client that reads
constexpr std::string_view nobody_tells = "The router does not answer in time, try again.\n";

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

RuntimeClient::RuntimeClient(loop::Loop& loop, RuntimeCallbacks& host, UniqueFd socket, SocketLevel level,
                             std::string from, std::function<void()> gone)
    : host_(host),
      stream_(loop, *this),
      idle_(loop, [this] { end(); }),
      level_(level),
      from_(std::move(from)),
      gone_(std::move(gone)) {
  stream_.adopt(std::move(socket));
  stream_.set_nodelay(true);
  stream_.read_start();
  idle_.start(timeout_);
}

void RuntimeClient::on_bytes(std::span<const std::byte> bytes) {
  reader_.add({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  idle_.start(timeout_);
  work();
}

void RuntimeClient::on_end() {
  ended_ = true;
  work();
}

void RuntimeClient::on_drained() {
  idle_.start(timeout_);
  work();
}

void RuntimeClient::on_closed(const Error&) {
  end();
}

bool RuntimeClient::is_idle() const {
  return stream_.is_open() && !busy_ && stream_.queued() == 0;
}

// Answers what can be answered now. Answers that come at once do so in this loop, however many they are.
void RuntimeClient::work() {
  if (std::exchange(working_, true)) return;
  while (is_idle() && !stranger_) {
    const auto command = reader_.next();
    if (!command) break;
    run(*command);
  }
  working_ = false;
  if (!is_idle()) {
    // What comes meanwhile stays in the kernel, and slows its sender down.
    if (stream_.is_open()) stream_.read_stop();
    return;
  }
  if (reader_.is_too_long()) {
    stream_.write(
        bytes_of(fmt::format("The line is too long, at most {} bytes.\n\n", CommandReader::line_max)));
    return finish();
  }
  if (ended_ || stranger_ || (answered_ && !interactive_ && reader_.is_empty())) return finish();
  stream_.read_start();
}

void RuntimeClient::run(const std::string& command) {
  words_ = words_of(command);
  const RuntimeCommand* found = find_command(words_);
  if (found == nullptr) {
    // Without a prompt nothing that follows is carried out: a web page can make a browser send lines to a
    // loopback address, but the first of them is HTTP's, which is no command.
    stranger_ = !interactive_;
    return answer(unknown_command(words_, level_));
  }
  if (found->level > level_) return answer(std::string(permission_denied));
  busy_ = true;
  gather(*found);
}

// Asks for what the command needs, one after the other, and then runs it.
void RuntimeClient::gather(const RuntimeCommand& command) {
  if (command.needs != CommandNeeds::nothing && snapshot_ == nullptr) {
    host_.get_snapshot([&command, handle = handles_.handle()](const auto& snapshot) {
      RuntimeClient* self = handle.get();
      if (self == nullptr || !self->stream_.is_open()) return;
      self->snapshot_ = snapshot;
      if (snapshot == nullptr) return self->answer(std::string(nobody_tells));
      self->gather(command);
    });
    return;
  }
  if (command.needs == CommandNeeds::sessions && sessions_ == nullptr) {
    host_.get_sessions([&command, handle = handles_.handle()](const auto& sessions) {
      RuntimeClient* self = handle.get();
      if (self == nullptr || !self->stream_.is_open()) return;
      self->sessions_ = sessions;
      if (sessions == nullptr) return self->answer(std::string(nobody_tells));
      self->gather(command);
    });
    return;
  }
  execute(command);
}

void RuntimeClient::execute(const RuntimeCommand& command) {
  const RenderOptions options = host_.render_options();
  CommandInput input;
  input.words = words_;
  input.own = words_in(command.name);
  input.level = level_;
  input.snapshot = snapshot_.get();
  input.sessions = sessions_.get();
  input.options = &options;
  input.sockets = host_.sockets();
  take(command.run(input));
}

void RuntimeClient::take(CommandReply reply) {
  if (reply.quit) return finish();
  if (reply.toggle_prompt) interactive_ = !interactive_;
  if (reply.lower_to) level_ = *reply.lower_to;
  if (reply.timeout) timeout_ = *reply.timeout;
  if (!reply.action) return answer(reply.text);
  reply.action->by = "socket";
  reply.action->from = from_;
  host_.act(std::move(*reply.action), [handle = handles_.handle(), text = std::move(reply.text),
                                       not_found = std::move(reply.not_found)](const ActionResult& result) {
    RuntimeClient* self = handle.get();
    if (self == nullptr || !self->stream_.is_open()) return;
    if (result.kind == ActionResult::Kind::done) return self->answer(text);
    const bool missing = result.kind == ActionResult::Kind::not_found && !not_found.empty();
    self->answer(missing ? not_found : result.words + "\n");
  });
}

void RuntimeClient::answer(const std::string& text) {
  busy_ = false;
  answered_ = true;
  snapshot_.reset();
  sessions_.reset();
  stream_.write(bytes_of(text + (interactive_ ? "\n> " : "\n")));
  idle_.start(timeout_);
  work();
}

void RuntimeClient::finish() {
  if (stream_.is_open()) stream_.finish(linger_timeout);
  end();
}

void RuntimeClient::end() {
  stream_.close();
  idle_.stop();
  gone_();
}

}  // namespace tamada::router
