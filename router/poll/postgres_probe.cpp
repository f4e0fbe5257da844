#include "router/poll/postgres_probe.h"

#include <algorithm>
#include <utility>

#include "common/loop/clock.h"
#include "common/postgres/startup_packet.h"

namespace tamada::router {

PostgresProbe::PostgresProbe(loop::Loop& loop, const Address& address, Duration deadline, Callback callback)
    : callback_(std::move(callback)),
      over_at_(loop::boot_now() + deadline),
      stream_(loop, *this),
      deadline_(loop, [this] {
        done(fail(ErrorKind::timeout,
                  stream_.peer_address().to_string() + " took the connection and said nothing in time"));
      }) {
  stream_.connect(address, deadline);
}

void PostgresProbe::on_connected(Result<void> result) {
  if (!result) return done(result);
  deadline_.start(std::max<Duration>(over_at_ - loop::boot_now(), 1ms));
  stream_.read_start();
  const std::string request = postgres::build_ssl_request();
  stream_.write(std::as_bytes(std::span(request)));
}

void PostgresProbe::on_bytes(std::span<const std::byte> /*bytes*/) {
  done({});
}
void PostgresProbe::on_end() {
  done(fail(ErrorKind::closed,
            stream_.peer_address().to_string() + " took the connection and closed it without a word"));
}
void PostgresProbe::on_closed(const Error& why) {
  done(tl::make_unexpected(why));
}

void PostgresProbe::done(const Result<void>& answered) {
  deadline_.stop();
  stream_.close();
  const Callback callback = std::exchange(callback_, nullptr);
  callback(answered);  // `this` may be gone now
}

}  // namespace tamada::router
