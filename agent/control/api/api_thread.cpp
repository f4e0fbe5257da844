#include "agent/control/api/api_thread.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <optional>
#include <system_error>
#include <utility>

#include "agent/control/api/api_host.h"
#include "common/loop/cross_loop_call.h"
#include "common/loop/loop_thread.h"

namespace tamada::agent {

class ApiThread::Impl {
 public:
  Impl(loop::Loop& mine, ApiBackend& backend, const ApiLimits& limits, loop::Resolver::Options resolver)
      : mine_(mine), there_(backend), limits_(limits), resolver_(std::move(resolver)) {}

  ~Impl() {
    there_.handles.end();
    configuring_.clear();
    if (!thread_) return;
    thread_->post_stop();
    thread_->join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void configure(const RestApiConfig& config, Configured done) {
    std::erase_if(configuring_, [](const loop::CrossLoopCall& call) { return !call.is_pending(); });
    if (auto started = start(); !started) return tell_later(started.error(), std::move(done));
    configuring_.push_back(loop::CrossLoopCall::ask<Listening>(
        mine_, thread_->loop().poster(),
        [this, config](const loop::CrossLoopReply<Listening>& reply) { host_->configure(config, reply); },
        [done = std::move(done)](const std::optional<Listening>& told) {
          done(told ? *told
                    : Listening(fail(ErrorKind::closed, "configure the REST API: its thread has ended")));
        }));
  }

  void publish(SnapshotPtr snapshot) {
    newest_ = std::move(snapshot);
    if (thread_) post_newest();
  }

 private:
  using Listening = Result<std::vector<Address>>;

  Result<void> start() {
    if (thread_) return {};
    try {
      thread_.emplace("api");
      host_.emplace(thread_->loop(), mine_.poster(), there_.handles.handle(), limits_, resolver_);
      thread_->start([this] { host_.reset(); });
    } catch (const std::system_error& error) {
      host_.reset();
      thread_.reset();
      return fail(ErrorKind::system, fmt::format("start the REST API's thread: {}", error.what()));
    }
    if (newest_ != nullptr) post_newest();
    return {};
  }

  void post_newest() {
    thread_->loop().post([this, snapshot = newest_] { host_->publish(snapshot); });
  }

  void tell_later(Error error, Configured done) {
    mine_.post([handle = handles_.handle(), error = std::move(error), done = std::move(done)] {
      if (handle.get() != nullptr) done(tl::make_unexpected(error));
    });
  }

  loop::Loop& mine_;
  BackendThere there_;
  const ApiLimits limits_;
  const loop::Resolver::Options resolver_;
  SnapshotPtr newest_;
  std::list<loop::CrossLoopCall> configuring_;
  std::optional<loop::LoopThread> thread_;
  std::optional<ApiHost> host_;  // the API loop's, from start() on
  loop::WeakHandles<Impl> handles_{*this};
};

ApiThread::ApiThread(loop::Loop& mine, ApiBackend& backend, ApiLimits limits,
                     loop::Resolver::Options resolver)
    : impl_(std::make_unique<Impl>(mine, backend, limits, std::move(resolver))) {}

ApiThread::~ApiThread() = default;

void ApiThread::configure(const RestApiConfig& config, Configured done) {
  impl_->configure(config, std::move(done));
}

void ApiThread::publish(SnapshotPtr snapshot) {
  impl_->publish(std::move(snapshot));
}

}  // namespace tamada::agent
