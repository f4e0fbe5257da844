#include "agent/server/settings/write_server_files.h"

#include <utility>

namespace tamada::agent {

namespace {

// Runs steps until one fails, and remembers whether any changed something.
class Steps {
 public:
  explicit Steps(const std::stop_token& stop) : stop_(stop) {}

  template <class Step>
  Steps& then(Step step) {
    if (!outcome_) return *this;
    if (stop_.stop_requested()) {
      outcome_ = fail(ErrorKind::closed, "the server's files: writing them was called off");
      return *this;
    }
    const bool has_changed = *outcome_;
    outcome_ = step();
    if (outcome_ && has_changed) outcome_ = true;
    return *this;
  }
  [[nodiscard]] Result<bool> outcome() const { return outcome_; }

 private:
  const std::stop_token& stop_;
  Result<bool> outcome_ = false;
};

Result<bool> no_change(Result<void> result) {
  if (!result) return tl::make_unexpected(std::move(result.error()));
  return false;
}
Result<bool> no_change(Result<bool> result) {
  if (!result) return result;
  return false;
}

}  // namespace

Result<bool> write_server_files(const ServerSetup& setup, const ServerFiles& files,
                                const std::stop_token& stop) {
  const ConfigFiles on_disk(config_places(setup));
  Steps steps(stop);
  // The server itself does not read it: nothing is to be told because of it.
  if (!files.pgpass.empty())
    steps.then([&] { return no_change(write_password_file(password_file_path(setup), files.pgpass)); });
  steps.then([&] { return no_change(on_disk.adopt_base()); });
  if (files.is_closed && files.hba) {
    steps.then([&] { return on_disk.close_host_rules(*files.hba); });
  } else {
    steps.then([&] { return on_disk.open_host_rules(); });
    if (files.hba) steps.then([&] { return on_disk.write_host_rules(*files.hba); });
  }
  if (files.ident) steps.then([&] { return on_disk.write_ident(*files.ident); });
  steps.then([&] { return on_disk.write_main(files.main); });
  if (!files.keeps_auto_conf) steps.then([&] { return on_disk.strip_auto_conf(); });
  return steps.outcome();
}

}  // namespace tamada::agent
