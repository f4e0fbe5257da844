// TlsContext: the files and rules of one TLS client or server, from which each connection gets a TlsSession.
//
// Files are read at the first session, and again by the next one after any of them changed (a stat() of each
// per connection, on the loop's thread; the files are small). When what is there now cannot be used (half
// written, key and certificate do not match yet), the last good set stays in use and problem() says why; with
// no good set yet, new_session() fails. At least TLS 1.2. Loop thread only. Sessions may outlive it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/http/tls_session.h"

namespace tamada::http {

struct TlsClientOptions {
  // Off: any certificate of anybody is taken. For tests and for people who know what they lose.
  bool verify = true;
  // Whom to trust, PEM. Empty: the system's authorities.
  std::string ca_file;
  // Our own certificate (with its chain) and key, PEM without password; both or neither.
  std::string certificate_file;
  std::string key_file;
  // The name to ask for (SNI) and to check, if it is not the host that is connected to.
  std::string server_name;
};

struct TlsServerOptions {
  std::string certificate_file;  // with its chain, PEM
  std::string key_file;          // PEM without password
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

  // Reads the files if they are new or changed. The error names the file: "cannot read the certificate
  // /etc/x.pem: No such file or directory".
  Result<void> load();

  // `host`: name or IP literal of the server, without port; unused by servers. Calls load().
  [[nodiscard]] Result<std::unique_ptr<TlsSession>> new_session(const std::string& host);

  // Why the files there now are not the ones in use; empty if they are.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  struct Stamp;
  struct Files;

  [[nodiscard]] std::vector<Stamp> stamps() const;
  [[nodiscard]] Result<SslContextPtr> read_files() const;

  const bool server_;
  const TlsClientOptions client_options_;
  const TlsServerOptions server_options_;
  std::vector<Stamp> read_;  // the files as they were when last read
  bool tried_ = false;
  SslContextPtr context_;
  std::string problem_;
};

}  // namespace tamada::http
