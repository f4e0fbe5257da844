#include "agent/peers/peer_asker.h"

#include <cstdint>
#include <map>
#include <utility>

#include "agent/peers/peer_names.h"
#include "agent/peers/peer_question.h"
#include "agent/peers/peer_status.h"
#include "agent/peers/peer_tls.h"
#include "common/http/tls_context.h"
#include "common/loop/clock.h"
#include "common/loop/side_thread.h"

namespace tamada::agent {

class PeerAsker::Impl {
 public:
  Impl(loop::Loop& loop, loop::Resolver& resolver, postgres::ConnectionThreads& threads)
      : loop_(loop), threads_(threads), side_(loop), names_(loop, resolver) {}

  void configure(ServerSetupPtr setup) {
    const bool has_new_tls = setup_ == nullptr || !(setup_->config.ctl == setup->config.ctl) ||
                             !(setup_->config.restapi == setup->config.restapi);
    setup_ = std::move(setup);
    if (!has_new_tls) return;
    tls_ = std::make_shared<http::TlsContext>(peer_tls_options(setup_->config.ctl, setup_->config.restapi));
    tls_->read_aside([this](auto job, auto then) { side_.run(std::move(job), std::move(then)); });
    // What is wrong with the files is told by the question that needs them.
    (void)tls_->load();
  }
  void expect_system(std::string system_identifier) { system_identifier_ = std::move(system_identifier); }

  void ask(const Upstream& peer, PeerQuestion::Then then) {
    const std::uint64_t number = ++last_number_;
    questions_[number] = std::make_unique<PeerQuestion>(
        PeerAccess{loop_, names_, threads_, setup_, tls_, system_identifier_}, peer,
        [this, number, then = std::move(then)](const std::optional<PeerReport>& report) {
          const auto question = questions_.extract(number);  // lives until `then` has returned
          then(report);
        });
  }

 private:
  loop::Loop& loop_;
  postgres::ConnectionThreads& threads_;
  loop::SideThread side_;
  PeerNames names_;
  ServerSetupPtr setup_;
  std::shared_ptr<http::TlsContext> tls_;
  std::string system_identifier_;
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, std::unique_ptr<PeerQuestion>> questions_;  // that are out; they use the others
};

PeerAsker::PeerAsker(loop::Loop& loop, loop::Resolver& resolver, postgres::ConnectionThreads& threads)
    : impl_(std::make_unique<Impl>(loop, resolver, threads)) {}
PeerAsker::~PeerAsker() = default;

void PeerAsker::configure(ServerSetupPtr setup) {
  impl_->configure(std::move(setup));
}
void PeerAsker::expect_system(std::string system_identifier) {
  impl_->expect_system(std::move(system_identifier));
}

void PeerAsker::ask(const Upstream& peer, std::function<void(const ha::PeerAnswer&)> then) {
  impl_->ask(peer, [name = peer.name, sent = loop::boot_now(),
                    then = std::move(then)](const std::optional<PeerReport>& report) {
    ha::PeerAnswer answer;
    answer.name = name;
    answer.sent = sent;
    if (report) answer.status = report->status;
    then(answer);
  });
}

void PeerAsker::ask_candidate(const Upstream& peer, std::function<void(const CandidateStatus&)> then) {
  impl_->ask(peer, [name = peer.name, then = std::move(then)](const std::optional<PeerReport>& report) {
    then(candidate_status(name, report));
  });
}

}  // namespace tamada::agent
