// The part of server_files.h that says where things are and how one logs in.
#include <algorithm>
#include <cctype>
#include <string_view>

#include "agent/postgres/data_directory.h"
#include "agent/postgres/formats/number_text.h"
#include "agent/postgres/formats/program_call.h"
#include "agent/postgres/formats/slot_name.h"
#include "agent/server/settings/own_account.h"
#include "agent/server/settings/server_files.h"

namespace tamada::agent {

namespace {

constexpr const char* application_name = "Patroni";

std::vector<std::string> items_of(std::string_view list) {
  std::vector<std::string> items;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    items.emplace_back(trimmed(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return items;
}

struct LocalHost {
  std::string host;
  std::string address;  // hostaddr; empty: the host is looked up
};

// Where it listens on every address, localhost is asked, without a look-up that may lead elsewhere.
LocalHost tcp_host(const ServerSetup& setup) {
  const std::vector<std::string> addresses = items_of(setup.config.postgres.listen_addresses);
  for (const std::string& address : addresses) {
    if (address == "*") return {"localhost", "127.0.0.1"};
    if (address == "localhost") return {"localhost", {}};
    if (address == "0.0.0.0") return {"127.0.0.1", {}};
    if (address == "::") return {"::1", {}};
  }
  if (addresses.empty()) return {"localhost", "127.0.0.1"};
  return {addresses.front(), {}};
}

// The first absolute folder of the sockets; none: the settings say nothing, and libpq's default holds; empty: no folder
// that can be connected to.
std::optional<std::string> socket_folder(const ServerSetup& setup) {
  const patroni::EffectiveParameters effective =
      node_parameters(setup.config.postgres, setup.config.scope, setup.dynamic, setup.server_version);
  const auto found = effective.all.find("unix_socket_directories");
  if (found == effective.all.end()) return std::nullopt;
  for (const std::string& folder : items_of(found->second)) {
    if (folder.starts_with('/')) return folder;
  }
  return std::string();
}

postgres::Conninfo login(const ServerSetup& setup, const DatabaseUser& user) {
  postgres::Conninfo fields(user.options.begin(), user.options.end());
  if (!user.username.empty()) fields["user"] = user.username;
  if (!user.password.empty()) fields["password"] = user.password;
  if (!setup.postgres.krbsrvname.empty()) fields["krbsrvname"] = setup.postgres.krbsrvname;
  return fields;
}

}  // namespace

ConfigPlaces config_places(const ServerSetup& setup) {
  const PostgresConfig& config = setup.config.postgres;
  ConfigPlaces places;
  places.data_dir = normalised_path(config.data_dir);
  if (!config.config_dir.empty()) places.config_dir = normalised_path(config.config_dir);
  places.base_name = setup.postgres.config_base_name;
  places.has_custom_conf = !setup.postgres.custom_conf.empty();
  return places;
}

std::string password_file_path(const ServerSetup& setup) {
  const std::string& path = setup.config.postgres.pgpass;
  return normalised_path(path.empty() ? own_account().home + "/pgpass" : path);
}

postgres::Conninfo local_conninfo(const ServerSetup& setup) {
  postgres::Conninfo fields = login(setup, setup.config.postgres.superuser);
  fields["dbname"] = setup.postgres.database;
  fields["application_name"] = application_name;
  fields["port"] = std::to_string(setup.config.postgres.port);
  LocalHost host = tcp_host(setup);
  if (setup.postgres.use_unix_socket) {
    const auto folder = socket_folder(setup);
    if (!folder) return fields;  // libpq knows where its own server's sockets are
    if (!folder->empty()) host = {*folder, {}};
  }
  fields["host"] = host.host;
  if (!host.address.empty()) fields["hostaddr"] = host.address;
  return fields;
}

postgres::Conninfo member_conninfo(const ServerSetup& setup, const Upstream& member, LoginAs user) {
  const PostgresConfig& config = setup.config.postgres;
  const DatabaseUser& rewind = config.rewind ? *config.rewind : config.superuser;
  const DatabaseUser& as = user == LoginAs::replication ? config.replication
                           : user == LoginAs::rewind    ? rewind
                                                        : config.superuser;
  postgres::Conninfo fields = login(setup, as);
  fields["host"] = member.host;
  fields["port"] = std::to_string(member.port);
  if (user != LoginAs::replication) {
    fields["dbname"] = setup.postgres.database;
    fields["application_name"] = application_name;
  }
  return fields;
}

std::string slot_of(const ServerSetup& setup, const std::string& member) {
  if (!setup.shared.use_slots) return {};
  if (member == setup.config.name && setup.config.tags.nostream()) return {};
  return slot_name_of_member(member);
}

std::string server_program(const ServerSetup& setup, const std::string& name) {
  const auto found = setup.postgres.bin_name.find(name);
  const bool has_own = found != setup.postgres.bin_name.end() && !found->second.empty();
  return program_path(setup.postgres.bin_dir, has_own ? found->second : name);
}

}  // namespace tamada::agent
