#include "agent/postgres/blocking_session.h"

#include <optional>
#include <utility>

namespace tamada::agent {

namespace {
constexpr std::size_t read_buffer = 4096;  // sockets are libpq's
}

BlockingSession::BlockingSession(postgres::Conninfo parameters, Duration connect_limit)
    : loop_(read_buffer), options_{std::move(parameters), connect_limit} {}

BlockingSession::~BlockingSession() = default;

postgres::Answer BlockingSession::ask(postgres::Statement statement, Duration deadline,
                                      const std::stop_token& stop) {
  const auto stopped = [] {
    return tl::make_unexpected(postgres::Failure{postgres::FailureKind::cancelled,
                                                 postgres::Stage::statement,
                                                 postgres::Outcome::unknown,
                                                 {},
                                                 {ErrorKind::closed, "the action was cancelled"}});
  };
  if (was_stopped_) return stopped();
  if (!connection_)
    connection_ = std::make_unique<postgres::Connection>(loop_, threads_, options_, callbacks_);
  std::optional<postgres::Answer> result;
  connection_->ask(std::move(statement), {deadline, 0s}, [this, &result](postgres::Answer answer) {
    result = std::move(answer);
    loop_.stop();
  });
  {
    const std::stop_callback on_stop(
        stop, [this, poster = loop_.poster()] { poster.post([this] { loop_.stop(); }); });
    loop_.run();
  }
  if (result) return *std::move(result);
  // No callback comes any more, so that `result` may go.
  was_stopped_ = true;
  connection_.reset();
  return stopped();
}

Result<postgres::ResultSet> first_set_of(postgres::Answer answer) {
  if (!answer) return tl::make_unexpected(std::move(answer.error().error));
  if (answer->empty()) return fail(ErrorKind::invalid, "the server answered without a result");
  return std::move(answer->front());
}

}  // namespace tamada::agent
