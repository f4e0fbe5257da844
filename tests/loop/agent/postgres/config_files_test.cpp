#include "agent/postgres/config_files.h"

#include <sys/stat.h>

#include <filesystem>

#include "tests/loop/agent/postgres/server_fixture.h"

using namespace tamada;
using namespace tamada::agent;

namespace {

namespace fs = std::filesystem;

struct Files {
  Files() { write("postgresql.conf", "original"); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder / name) << text; }
  [[nodiscard]] std::string read(const std::string& name) const {
    return read_small_file(folder / name).value_or("none");
  }
  [[nodiscard]] bool has(const std::string& name) const {
    return fs::exists(fs::symlink_status(folder / name));
  }

  TemporaryFolder folder;
  ConfigFiles files{{folder.path(), {}, "postgresql", false}};
};

}  // namespace

TEST_CASE_METHOD(Files, "the server's own configuration becomes the base file, once", "[config_files]") {
  must(files.adopt_base());
  CHECK(read("postgresql.base.conf") == "original");
  CHECK_FALSE(has("postgresql.conf"));
  must(files.write_main("ours"));
  must(files.adopt_base());
  CHECK(read("postgresql.base.conf") == "original");
  CHECK(read("postgresql.conf") == "ours");
}

TEST_CASE_METHOD(Files, "without any configuration of the server the error says what to do",
                 "[config_files]") {
  fs::remove(folder / "postgresql.conf");
  const auto adopted = files.adopt_base();
  REQUIRE_FALSE(adopted);
  CHECK(adopted.error().message ==
        "neither " + (folder / "postgresql.base.conf") + " nor " + (folder / "postgresql.conf") +
            " is there: put the server's own configuration into one of them, or name "
            "another file in postgresql.custom_conf");
  CHECK(ConfigFiles({folder.path(), {}, "postgresql", true}).adopt_base().has_value());
}

TEST_CASE_METHOD(Files, "a file is written only where its content changes", "[config_files]") {
  CHECK(must(files.write_main("a")));
  CHECK_FALSE(must(files.write_main("a")));
  CHECK(must(files.write_main("b")));
  CHECK(must(files.write_host_rules("h")));
  CHECK(must(files.write_ident("")));
  CHECK_FALSE(must(files.write_ident("")));
  CHECK(read("pg_hba.conf") == "h");
  must(files.append_host_rules({"one", "two"}));
  CHECK(read("pg_hba.conf") == "h\none\ntwo\n");
}

TEST_CASE_METHOD(Files, "a file that is a link stays one", "[config_files]") {
  write("elsewhere", "x");
  fs::remove(folder / "postgresql.conf");
  fs::create_symlink(folder / "elsewhere", folder / "postgresql.conf");
  CHECK(must(files.write_main("new")));
  CHECK(fs::is_symlink(folder / "postgresql.conf"));
  CHECK(read("elsewhere") == "new");
}

TEST_CASE_METHOD(Files, "a missing file comes back from its copy", "[config_files]") {
  must(files.adopt_base());
  must(files.write_main("m"));
  must(files.write_host_rules("h"));
  must(files.save_copies());
  CHECK(read("postgresql.base.conf.backup") == "original");
  CHECK_FALSE(has("pg_ident.conf.backup"));
  fs::remove(folder / "postgresql.base.conf");
  fs::remove(folder / "pg_hba.conf");
  must(files.write_main("newer"));
  must(files.restore_copies());
  CHECK(read("postgresql.base.conf") == "original");
  CHECK(read("pg_hba.conf") == "h");
  CHECK(read("postgresql.conf") == "newer");
  CHECK(read("pg_ident.conf") == "");
  CHECK(has("pg_ident.conf"));
}

TEST_CASE_METHOD(Files, "there is one signal file at most", "[config_files]") {
  using Signal = ConfigFiles::Signal;
  CHECK(must(files.signal()) == Signal::none);
  must(files.set_signal(Signal::standby));
  CHECK(must(files.signal()) == Signal::standby);
  must(files.set_signal(Signal::recovery));
  CHECK(must(files.signal()) == Signal::recovery);
  CHECK_FALSE(has("standby.signal"));
  must(files.set_signal(Signal::none));
  CHECK_FALSE(has("recovery.signal"));
  write("promote", "");
  must(files.remove_promote_file());
  must(files.remove_promote_file());
  CHECK_FALSE(has("promote"));
}

TEST_CASE_METHOD(Files, "recovery settings leave postgresql.auto.conf", "[config_files]") {
  CHECK_FALSE(must(files.strip_auto_conf()));
  write("postgresql.auto.conf", "a = 1\nprimary_conninfo = 'x'\n");
  CHECK(must(files.strip_auto_conf()));
  CHECK(read("postgresql.auto.conf") == "a = 1\n");
  CHECK_FALSE(must(files.strip_auto_conf()));
}

TEST_CASE_METHOD(Files, "a password file is its owner's alone", "[config_files]") {
  const std::string path = folder / "pgpass";
  CHECK(must(write_password_file(path, "a")));
  CHECK_FALSE(must(write_password_file(path, "a")));
  fs::permissions(path, fs::perms::owner_all | fs::perms::others_read);
  CHECK(must(write_password_file(path, "a")));
  struct stat information {};
  REQUIRE(::stat(path.c_str(), &information) == 0);
  CHECK((information.st_mode & 0777) == 0600);
}

TEST_CASE_METHOD(Files, "what cannot be written is an error that names it", "[config_files]") {
  const ConfigFiles nowhere({folder / "none", {}, "postgresql", false});
  const auto written = nowhere.write_main("x");
  REQUIRE_FALSE(written);
  CHECK(written.error().message.find(folder / "none") != std::string::npos);
}

TEST_CASE_METHOD(Files, "the rules of a server that was closed come back, whatever happened in between",
                 "[config_files]") {
  write("pg_hba.conf", "theirs");
  CHECK_FALSE(must(files.open_host_rules()));
  CHECK(must(files.close_host_rules("closed")));
  CHECK(read("pg_hba.conf") == "closed");
  // A second time, as after a crash: what is kept is not the closed ones.
  CHECK_FALSE(must(files.close_host_rules("closed")));
  CHECK(must(files.open_host_rules()));
  CHECK(read("pg_hba.conf") == "theirs");
  CHECK_FALSE(has("pg_hba.conf.open"));
}
