// UnixListener: accepts connections on a UNIX-domain socket. What it accepts is a stream like any other:
// TcpStream::adopt() takes it (it has no address, and the options of TCP do nothing).
//
// The file belongs to it: a stale one, behind which nobody listens any more, is replaced; anything else of
// that name (a file, a socket of a living process) is an error and stays. close() takes the file away again,
// unless somebody has put another one there meanwhile.
//
// After close()/destruction returns, no callback of this object runs again. Loop thread only. Loop and
// AcceptCallbacks must outlive it. Out of descriptors it does as TcpListener does.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "common/loop/tcp_listener.h"

namespace tamada::loop {

// Whom the file of a socket is given to; not set: it stays ours.
struct FileOwner {
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
  bool operator==(const FileOwner&) const = default;
};
// "cannot give /run/x.sock to uid 101, gid 102: ..., and what is needed". `code`: of chown(2).
[[nodiscard]] Error cannot_give(const std::string& path, const FileOwner& owner, int code);

class UnixListener {
 public:
  // `name` of the options is set by bind().
  UnixListener(Loop& loop, AcceptCallbacks& callbacks, const ListenOptions& options = {});
  ~UnixListener();  // close()
  UnixListener(const UnixListener&) = delete;
  UnixListener& operator=(const UnixListener&) = delete;

  // Nobody can connect before the file has `mode` and `owner`, whatever the umask. Errors: "cannot listen on
  // /run/x.sock: ...", or cannot_give()'s.
  Result<void> bind(const std::string& path, mode_t mode, const FileOwner& owner = {});
  // Accepts from a socket that listens at `path` already, handed over by another process. The file stays
  // that one's, and close() leaves it there, until own_file(). Errors as bind()'s.
  Result<void> adopt(UniqueFd listening_socket, const std::string& path);
  // Another descriptor of the same socket, for another process.
  [[nodiscard]] Result<UniqueFd> share() const;
  // Whose the file is from now on: another process's, so that close() leaves it there, or this one's.
  void leave_file() { keep_file_ = true; }
  void own_file() { keep_file_ = false; }
  // Of the file of an open listener. Errors as bind()'s.
  Result<void> set_rights(mode_t mode, const FileOwner& owner);
  // Stops accepting; clients wait in the backlog.
  void stop();
  void resume();
  void close();
  [[nodiscard]] bool is_open() const { return listener_ && listener_->is_open(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Loop& loop_;
  AcceptCallbacks& accept_;
  ListenOptions options_;
  std::optional<TcpListener> listener_;
  std::string path_;
  dev_t device_ = 0;  // with inode_: which file is ours
  ino_t inode_ = 0;
  bool keep_file_ = false;
};

// Who connected, as the kernel knows it. None for a socket of another kind.
struct UnixPeer {
  uid_t uid = 0;
  pid_t pid = 0;
};
[[nodiscard]] std::optional<UnixPeer> unix_peer(int fd);

}  // namespace tamada::loop
