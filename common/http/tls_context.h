// TlsContext: the files and rules of one TLS client or server, from which each connection gets a TlsSession.
//
// Files are read at the first session, and again by the next one after any of them changed (a stat() of each
// per connection, on the loop's thread). When what is there now cannot be used (half written, key and
// certificate do not match yet), the last good set stays in use and problem() says why; with no good set yet,
// new_session() fails. At least TLS 1.2. Loop thread only. Sessions may outlive it.
//
// The first reading is done at once. With read_aside() the later ones happen on another thread, and the old
// set is used until they are done: for loops that must not wait for a disk.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/http/tls_session.h"
#include "common/loop/lifetime.h"

namespace tamada::http {

struct TlsClientOptions {
  // Off: any certificate of anybody is taken. For tests and for people who know what they lose.
  bool verify = true;
  // Off: a certificate that is trusted is taken whatever name it is for.
  bool check_name = true;
  // Whom to trust, PEM. Empty: the system's authorities.
  std::string ca_file;
  // Our own certificate (with its chain) and key, PEM; both or neither.
  std::string certificate_file;
  std::string key_file;
  std::string key_password;  // of an encrypted key; empty: it has none
  // The name to ask for (SNI) and to check, if it is not the host that is connected to.
  std::string server_name;
  // How an error text names the setting of `certificate_file`: "cluster.api_tls.cert_file".
  std::string certificate_setting = "a client certificate";
};

struct TlsServerOptions {
  std::string certificate_file;  // with its chain, PEM
  std::string key_file;          // PEM
  std::string key_password;      // of an encrypted key; empty: it has none
  std::string ciphers;           // for TLS 1.2, as OpenSSL lists them; empty: OpenSSL's own choice
  // Whose client certificates are taken; empty: none is asked for.
  std::string client_ca_file;
  bool require_client_certificate = true;  // with client_ca_file
};

class TlsContext {
 public:
  explicit TlsContext(TlsClientOptions options);
  explicit TlsContext(TlsServerOptions options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Runs `job` on another thread and then `then` on the loop; loop::SideThread::run() is one.
  using RunAside = std::function<void(std::function<void()> job, std::function<void()> then)>;
  void read_aside(RunAside run) { run_aside_ = std::move(run); }

  // Reads the files if they are new or changed. The error names the file and what to do: "cannot read the
  // certificate /etc/x.pem: No such file or directory".
  Result<void> load();

  // `host`: name or IP literal of the server, without port; unused by servers. Calls load().
  [[nodiscard]] Result<std::unique_ptr<TlsSession>> new_session(const std::string& host);

  [[nodiscard]] const std::string& certificate_setting() const { return client_options_.certificate_setting; }
  // Why the files there now are not the ones in use; empty if they are.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  struct Stamp;

  [[nodiscard]] std::vector<Stamp> stamps() const;
  void take(Result<SslContextPtr> fresh);

  const bool server_;
  const TlsClientOptions client_options_;
  const TlsServerOptions server_options_;
  RunAside run_aside_;
  std::vector<Stamp> read_;  // the files as they were when last read
  bool tried_ = false;
  bool reading_ = false;  // aside
  SslContextPtr context_;
  std::string problem_;
  loop::WeakHandles<TlsContext> handles_{*this};  // what was read aside may come too late
};

}  // namespace tamada::http
