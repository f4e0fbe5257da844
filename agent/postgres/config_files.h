// ConfigFiles: the server's configuration files in the data directory, or in config_dir beside it (Patroni's contract
// 3.13, "Files"). What stands in them is made by server_config_text.h.
//
// A file is replaced as a whole, durably, and only where its content changes, so that its time of change says
// something. A file that is a symbolic link stays one: what it leads to is replaced. Blocks on the disk; one thread at a
// time. Errors name the file and the step.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"

namespace tamada::agent {

struct ConfigPlaces {
  std::string data_dir;
  std::string config_dir;                // empty: the data directory
  std::string base_name = "postgresql";  // of postgresql.conf
  bool has_custom_conf = false;          // custom_conf is included in place of the base file
};

class ConfigFiles {
 public:
  explicit ConfigFiles(ConfigPlaces places);

  // The server's own postgresql.conf becomes postgresql.base.conf, once: where there is a base file already, nothing
  // is done. An error where there is neither: nothing could be included then. Not with custom_conf.
  [[nodiscard]] Result<void> adopt_base() const;

  // True: it was changed.
  [[nodiscard]] Result<bool> write_main(const std::string& text) const;
  [[nodiscard]] Result<bool> write_host_rules(const std::string& text) const;
  [[nodiscard]] Result<bool> write_ident(const std::string& text) const;

  // pg_hba.conf of a server that is closed to clients. What stood there is kept beside it, in pg_hba.conf.open, and
  // comes back with open_host_rules(), also after a crash in between. True: pg_hba.conf was changed.
  [[nodiscard]] Result<bool> close_host_rules(const std::string& text) const;
  // Nothing where it is not closed.
  [[nodiscard]] Result<bool> open_host_rules() const;

  // bootstrap.pg_hba, behind what initdb wrote; once for each call.
  [[nodiscard]] Result<void> append_host_rules(const std::vector<std::string>& lines) const;

  // Copies of the files beside them, NAME.backup: a base backup takes those along where the files themselves are
  // links or stand elsewhere. Restoring makes a file that is missing from its copy; a missing pg_ident.conf without
  // one becomes an empty file.
  [[nodiscard]] Result<void> save_copies() const;
  [[nodiscard]] Result<void> restore_copies() const;

  // Which signal file the server finds when it starts. Of both, standby.signal would win.
  enum class Signal { none, standby, recovery };
  [[nodiscard]] Result<void> set_signal(Signal signal) const;
  [[nodiscard]] Result<Signal> signal() const;

  // The file `promote`, by which a promotion was asked for: gone afterwards.
  [[nodiscard]] Result<void> remove_promote_file() const;

  // Takes recovery settings out of postgresql.auto.conf. True: there were some.
  [[nodiscard]] Result<bool> strip_auto_conf() const;

  [[nodiscard]] std::string main_path() const { return in_config(places_.base_name + ".conf"); }
  [[nodiscard]] std::string base_path() const { return in_config(base_file_name()); }
  // What write_main's text includes, unless there is a custom_conf.
  [[nodiscard]] std::string base_file_name() const { return places_.base_name + ".base.conf"; }
  [[nodiscard]] std::string hba_path() const { return in_config("pg_hba.conf"); }
  [[nodiscard]] std::string ident_path() const { return in_config("pg_ident.conf"); }

 private:
  [[nodiscard]] std::string in_config(const std::string& name) const;
  [[nodiscard]] std::string in_data(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> copied_paths() const;

  ConfigPlaces places_;
};

// Writes a password file (password_file.h) that only its owner may read; only where its content changes.
[[nodiscard]] Result<bool> write_password_file(const std::string& path, const std::string& lines);

}  // namespace tamada::agent
