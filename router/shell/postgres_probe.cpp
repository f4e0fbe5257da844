#include "router/shell/postgres_probe.h"

#include <utility>

#include "common/wire/startup_packet.h"

namespace tamada::router {
PostgresProbe::PostgresProbe(loop::Loop& loop, const Address& address, Duration deadline, Callback callback)
    : callback_(std::move(callback)), stream_(loop, *this), deadline_(loop, [this] { done(false); }) {
  stream_.connect(address, deadline);
  deadline_.start(deadline);
}

void PostgresProbe::on_connected(Result<void> result) {
  if (!result) {
    done(false);
    return;
  }
  stream_.read_start();
  const std::string request = wire::build_ssl_request();
  stream_.write(std::as_bytes(std::span(request)));
}

void PostgresProbe::on_bytes(std::span<const std::byte> /*bytes*/) {
  done(true);
}
void PostgresProbe::on_end() {
  done(false);
}
void PostgresProbe::on_closed(const Error& /*why*/) {
  done(false);
}

void PostgresProbe::done(bool answered) {
  deadline_.stop();
  stream_.close();
  const Callback callback = std::exchange(callback_, nullptr);
  callback(answered);  // `this` may be gone now
}

}  // namespace tamada::router
